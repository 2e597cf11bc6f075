// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Lens } from "../../contracts/Lens.sol";
import { Portfolio } from "../../contracts/interfaces/IMarginEngine.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { Position } from "../../contracts/types/Position.sol";
import { EngineFixture } from "./EngineFixture.sol";

/// A clearinghouse with one account, which a test fills as it likes.
contract OneAccount {
    address public immutable marginEngine;
    int256 private cash;
    Position[] private positions;

    constructor(address engine) {
        marginEngine = engine;
    }

    function store(Portfolio calldata portfolio_) external {
        cash = portfolio_.cash;
        delete positions;
        for (uint256 i = 0; i < portfolio_.positions.length; ++i) positions.push(portfolio_.positions[i]);
    }

    function portfolio(Account) external view returns (Portfolio memory) {
        return Portfolio(cash, positions);
    }
}

/// A lens over the real engine, whose prices and volatilities a test sets.
abstract contract LensFixture is EngineFixture {
    Account internal account = toAccount(makeAddr("alice"), 1);
    OneAccount internal book;
    Lens internal lens;

    function setUp() public virtual override {
        super.setUp();
        book = new OneAccount(address(engine));
        lens = Lens(deploy("Lens", abi.encode(book, views)));
    }
}
