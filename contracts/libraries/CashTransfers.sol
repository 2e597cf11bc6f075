// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { SafeCast } from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import { Transfer } from "../interfaces/IClearinghouse.sol";
import { Account } from "../types/Account.sol";
import { CASH } from "../types/Instrument.sol";

/// @title The list of transfers of a batch that moves cash once.
library CashTransfers {
    using SafeCast for uint256;

    /// @param size USD WAD.
    function single(Account from, Account to, uint256 size) internal pure returns (Transfer[] memory list) {
        list = new Transfer[](1);
        list[0] = Transfer({ from: from, to: to, asset: CASH, size: size.toUint128() });
    }
}
