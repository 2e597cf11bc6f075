// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AggregatorV3Interface } from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

/// @title A feed that goes through phases, an aggregator each, as Chainlink's proxies do. Anyone may switch it.
/// @notice A round of the proxy is `phase << 64 | round of that phase's aggregator`.
/// @dev Reads the slots that a deployed proxy reads: the current phase in one, the access controller in another.
contract AggregatorProxy is AggregatorV3Interface {
    struct Phase {
        uint16 id;
        AggregatorV3Interface aggregator;
    }

    uint256 private constant PHASE_OFFSET = 64;

    Phase private currentPhase;
    address public accessController;
    AggregatorV3Interface public proposedAggregator;
    mapping(uint16 phase => AggregatorV3Interface) public phaseAggregators;

    error NotProposed(address aggregator);
    error NoAccess();

    event AggregatorProposed(address indexed current, address indexed proposed);
    event AggregatorConfirmed(address indexed previous, address indexed latest);

    constructor(address aggregator_) {
        setAggregator(AggregatorV3Interface(aggregator_));
    }

    function proposeAggregator(address aggregator_) external {
        proposedAggregator = AggregatorV3Interface(aggregator_);
        emit AggregatorProposed(address(currentPhase.aggregator), aggregator_);
    }

    /// @notice Begins the next phase with the proposed aggregator.
    function confirmAggregator(address aggregator_) external {
        require(aggregator_ == address(proposedAggregator), NotProposed(aggregator_));
        delete proposedAggregator;
        emit AggregatorConfirmed(address(currentPhase.aggregator), aggregator_);
        setAggregator(AggregatorV3Interface(aggregator_));
    }

    function latestRoundData() external view override returns (uint80, int256, uint256, uint256, uint80) {
        require(accessController == address(0), NoAccess());
        Phase memory phase = currentPhase;
        (uint80 round, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredIn) = phase
            .aggregator
            .latestRoundData();
        return (addPhase(phase.id, round), answer, startedAt, updatedAt, addPhase(phase.id, answeredIn));
    }

    function getRoundData(uint80 roundId) external view override returns (uint80, int256, uint256, uint256, uint80) {
        require(accessController == address(0), NoAccess());
        uint16 phase = uint16(roundId >> PHASE_OFFSET);
        (uint80 round, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredIn) = phaseAggregators[phase]
            .getRoundData(uint64(roundId));
        return (addPhase(phase, round), answer, startedAt, updatedAt, addPhase(phase, answeredIn));
    }

    function phaseId() external view returns (uint16) {
        return currentPhase.id;
    }

    function aggregator() external view returns (address) {
        return address(currentPhase.aggregator);
    }

    function decimals() external view override returns (uint8) {
        return currentPhase.aggregator.decimals();
    }

    function description() external view override returns (string memory) {
        return currentPhase.aggregator.description();
    }

    function version() external view override returns (uint256) {
        return currentPhase.aggregator.version();
    }

    function setAggregator(AggregatorV3Interface aggregator_) private {
        uint16 id = currentPhase.id + 1;
        currentPhase = Phase(id, aggregator_);
        phaseAggregators[id] = aggregator_;
    }

    function addPhase(uint16 phase, uint80 round) private pure returns (uint80) {
        return (uint80(phase) << uint80(PHASE_OFFSET)) | round;
    }
}
