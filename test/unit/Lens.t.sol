// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Lens } from "../../contracts/Lens.sol";
import { AccountView, ILens } from "../../contracts/interfaces/ILens.sol";
import { AuctionState } from "../../contracts/interfaces/ILiquidator.sol";
import { Portfolio, Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { Account, toAccount } from "../../contracts/types/Account.sol";
import { Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { Position, toPosition } from "../../contracts/types/Position.sol";
import { Test } from "../helpers/Test.sol";

/// Says of a portfolio that its equity is its cash times a factor, and that it requires one dollar a leg.
contract FactorEngine {
    int256 private immutable FACTOR;

    constructor(int256 factor) {
        FACTOR = factor;
    }

    function evaluate(Portfolio[] calldata portfolios) external view returns (Risk[] memory risks) {
        risks = new Risk[](portfolios.length);
        for (uint256 i = 0; i < portfolios.length; ++i) {
            uint256 requirement = portfolios[i].positions.length * 1e18;
            risks[i] = Risk(portfolios[i].cash * FACTOR, requirement, requirement, 0, 0, Validity.Fresh, 0);
        }
    }
}

/// Books in which account n of anybody holds n dollars in cash, n more in entry values and n legs.
contract NumberedBooks {
    address public marginEngine;
    address public liquidator = address(this);

    function setMarginEngine(address engine) external {
        marginEngine = engine;
    }

    function cash(Account account) public pure returns (int256) {
        return int256(uint256(account.subId())) * 1e18;
    }

    function portfolio(Account account) external pure returns (Portfolio memory held) {
        held = Portfolio(2 * cash(account), new Position[](account.subId()));
        for (uint256 i = 0; i < held.positions.length; ++i) {
            held.positions[i] = toPosition(toInstrument(1, Kind.Call, uint40(i + 1), 1), 1e18);
        }
    }

    function auctionState(Account account) external pure returns (AuctionState memory state) {
        state.auction.startedAt = uint40(account.subId());
        state.auction.starter = account.owner();
    }

    function marginCalledAt(Account account) external pure returns (uint40) {
        return uint40(account.subId()) + 1000;
    }
}

contract LensTest is Test {
    NumberedBooks internal books;
    Lens internal lens;

    function setUp() public {
        books = new NumberedBooks();
        books.setMarginEngine(address(new FactorEngine(10)));
        lens = Lens(deploy("Lens", abi.encode(address(books), address(0))));
    }

    function test_ReportsTheRiskOfEachAccountInOrder() public {
        Risk[] memory risks = lens.risks(accounts(3, 0, 2));
        assertEq(risks.length, 3);
        assertEq(risks[0].equity, 60e18);
        assertEq(risks[0].initial, 3e18);
        assertEq(risks[1].equity, 0);
        assertEq(risks[2].equity, 40e18);
    }

    function test_PutsTogetherWhatIsKnownOfAnAccount() public {
        Account[] memory ids = accounts(3, 0, 2);
        AccountView[] memory views = lens.accounts(ids);
        assertEq(views.length, 3);
        assertTrue(views[2].account == ids[2]);
        assertEq(views[2].cash, 2e18);
        assertEq(views[2].portfolio.cash, 4e18);
        assertEq(views[2].portfolio.positions.length, 2);
        assertEq(views[2].risk.equity, 40e18);
        assertEq(uint256(views[2].auction.auction.startedAt), 2);
        assertEq(views[2].auction.auction.starter, ids[2].owner());
        assertEq(uint256(views[2].marginCalledAt), 1002);
    }

    function test_ReportsTheRiskOfSupposedPortfoliosInOrder() public view {
        Portfolio[] memory supposed = new Portfolio[](2);
        supposed[0] = Portfolio(-5e18, new Position[](7));
        supposed[1].cash = 3e18;
        Risk[] memory risks = lens.risksOf(supposed);
        assertEq(risks.length, 2);
        assertEq(risks[0].equity, -50e18);
        assertEq(risks[0].initial, 7e18);
        assertEq(risks[1].equity, 30e18);
        assertEq(risks[1].initial, 0);
    }

    function test_FollowsTheClearinghouseToANewEngine() public {
        books.setMarginEngine(address(new FactorEngine(100)));
        assertEq(lens.risks(accounts(3, 0, 2))[0].equity, 600e18);
    }

    function test_RefusesMoreAccountsThanItsLimit() public {
        uint256 limit = lens.MAX_ACCOUNTS();
        assertEq(lens.risks(new Account[](limit)).length, limit);
        vm.expectRevert(abi.encodeWithSelector(ILens.TooManyAccounts.selector, limit + 1, limit));
        lens.risks(new Account[](limit + 1));
        vm.expectRevert(abi.encodeWithSelector(ILens.TooManyAccounts.selector, limit + 1, limit));
        lens.accounts(new Account[](limit + 1));
        vm.expectRevert(abi.encodeWithSelector(ILens.TooManyAccounts.selector, limit + 1, limit));
        lens.risksOf(new Portfolio[](limit + 1));
    }

    function accounts(uint96 first, uint96 second, uint96 third) private returns (Account[] memory ids) {
        address owner = makeAddr("owner");
        ids = new Account[](3);
        (ids[0], ids[1], ids[2]) = (toAccount(owner, first), toAccount(owner, second), toAccount(owner, third));
    }
}
