// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @notice A margin account: `owner << 96 | subId`. Every address owns 2^96 accounts; none needs to be created.
type Account is uint256;

using AccountLibrary for Account global;
using { sameAccount as == } for Account global;

/// @dev Cash paid to account 0, whose owner would be nobody, joins the protocol's reserve.
Account constant RESERVE = Account.wrap(0);

/// @notice The account number `subId` of `owner`.
function toAccount(address owner, uint96 subId) pure returns (Account) {
    return Account.wrap((uint256(uint160(owner)) << 96) | subId);
}

function sameAccount(Account a, Account b) pure returns (bool) {
    return Account.unwrap(a) == Account.unwrap(b);
}

library AccountLibrary {
    function owner(Account account) internal pure returns (address) {
        return address(uint160(Account.unwrap(account) >> 96));
    }

    function subId(Account account) internal pure returns (uint96) {
        return uint96(Account.unwrap(account));
    }
}
