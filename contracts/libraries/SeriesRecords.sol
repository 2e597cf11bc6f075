// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Instrument } from "../types/Instrument.sol";

/// @notice A settled series: all positions in one expired instrument. Two words.
/// @param value USD WAD a unit. @param received What those who are through have paid in less what they were paid, USD WAD; negative
/// while more is owed by those who are not. @param long Units long that are still to be turned into cash. @param short Likewise.
struct SeriesRecord {
    bool isSettled;
    uint120 value;
    int128 received;
    uint128 long;
    uint128 short;
}

/// @param open How many settled series have holders who have not been through.
struct SeriesRecords {
    uint32 open;
    mapping(Instrument => SeriesRecord) records;
}
