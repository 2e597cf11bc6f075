// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { AggregatorV3Interface } from "@chainlink/contracts/src/v0.8/shared/interfaces/AggregatorV3Interface.sol";

/// @title One phase of a Chainlink feed for tests and replays: anyone may push rounds. Also serves as a sequencer uptime
/// feed (answer 0 is up, 1 is down, `startedAt` is when that began).
/// @dev Reads the slots that a deployed `AccessControlledOCR2Aggregator` reads: the reader's entry in the access list (and, if he
/// has none, whether it is in force), the hot variables with the newest round, the transmission. A read of a past round costs the
/// hot variables on top of that, because `broken` is kept among them.
contract MockAggregator is AggregatorV3Interface {
    struct Transmission {
        int192 answer;
        uint64 updatedAt;
    }

    /// @param broken While set, every read of a round reverts.
    struct HotVariables {
        uint32 latestRound;
        bool broken;
    }

    uint8 public immutable override decimals;
    string public override description;

    /// @notice While set, only accounts without code and whoever is on the access list may read.
    bool public checkEnabled;
    mapping(address reader => bool) private accessList;
    HotVariables private hot;
    mapping(uint32 round => Transmission) private transmissions;

    error Broken();
    error NoAccess(address reader);
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
        uint32 round = ++hot.latestRound;
        transmissions[round] = Transmission(int192(answer), uint64(updatedAt));
        emit AnswerUpdated(answer, round, updatedAt);
    }

    /// @notice Leaves a round out, as if it had never been transmitted.
    function skip() external {
        ++hot.latestRound;
    }

    function setBroken(bool broken_) external {
        hot.broken = broken_;
    }

    /// @notice As deployed aggregators know their proxies.
    function addAccess(address reader) external {
        accessList[reader] = true;
    }

    function setCheckEnabled(bool enabled) external {
        checkEnabled = enabled;
    }

    function latestRoundData() external view override returns (uint80, int256, uint256, uint256, uint80) {
        HotVariables memory current = hot;
        return read(current.latestRound, current);
    }

    function getRoundData(uint80 round) external view override returns (uint80, int256, uint256, uint256, uint80) {
        return read(round, hot);
    }

    function latestRound() external view returns (uint32) {
        return hot.latestRound;
    }

    function broken() external view returns (bool) {
        return hot.broken;
    }

    function version() external pure override returns (uint256) {
        return 4;
    }

    function read(
        uint80 round,
        HotVariables memory current
    ) private view returns (uint80, int256, uint256, uint256, uint80) {
        // As deployed: whoever has no code may read, because he could read the storage all the same.
        // solhint-disable-next-line avoid-tx-origin
        bool mayRead = accessList[msg.sender] || !checkEnabled || msg.sender == tx.origin;
        require(mayRead, NoAccess(msg.sender));
        require(!current.broken, Broken());
        require(round != 0 && round <= current.latestRound, NoDataPresent(round));
        Transmission memory transmission = transmissions[uint32(round)];
        return (round, transmission.answer, transmission.updatedAt, transmission.updatedAt, round);
    }
}
