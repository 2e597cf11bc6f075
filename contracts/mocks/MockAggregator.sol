// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AggregatorV3Interface } from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

/// @title One phase of a Chainlink feed for tests and replays: anyone may push rounds. Also serves as a sequencer uptime
/// feed (answer 0 is up, 1 is down, `startedAt` is when that began).
/// @dev Reads as many cold slots as a deployed off-chain aggregator: access, newest round, transmission.
contract MockAggregator is AggregatorV3Interface {
    struct Transmission {
        int192 answer;
        uint64 updatedAt;
    }

    uint8 public immutable override decimals;
    string public override description;

    /// @notice While set, every read of a round reverts. Stands where a deployed aggregator keeps its access list.
    bool public broken;
    uint32 public latestRound;
    mapping(uint32 round => Transmission) private transmissions;

    error Broken();
    error NoDataPresent(uint80 round);

    event AnswerUpdated(int256 indexed current, uint256 indexed roundId, uint256 updatedAt);

    constructor(uint8 decimals_, string memory description_) {
        decimals = decimals_;
        description = description_;
    }

    function push(int256 answer) external {
        push(answer, block.timestamp);
    }

    function push(int256 answer, uint256 updatedAt) public {
        uint32 round = latestRound + 1;
        latestRound = round;
        transmissions[round] = Transmission(int192(answer), uint64(updatedAt));
        emit AnswerUpdated(answer, round, updatedAt);
    }

    /// @notice Leaves a round out, as if it had never been transmitted.
    function skip() external {
        ++latestRound;
    }

    function setBroken(bool broken_) external {
        broken = broken_;
    }

    function latestRoundData() external view override returns (uint80, int256, uint256, uint256, uint80) {
        return read(latestRound);
    }

    function getRoundData(uint80 round) external view override returns (uint80, int256, uint256, uint256, uint80) {
        return read(round);
    }

    function version() external pure override returns (uint256) {
        return 4;
    }

    function read(uint80 round) private view returns (uint80, int256, uint256, uint256, uint80) {
        require(!broken, Broken());
        require(round != 0 && round <= latestRound, NoDataPresent(round));
        Transmission memory transmission = transmissions[uint32(round)];
        return (round, transmission.answer, transmission.updatedAt, transmission.updatedAt, round);
    }
}
