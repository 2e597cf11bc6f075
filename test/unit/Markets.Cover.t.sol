// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { IMarkets } from "../../contracts/interfaces/IMarkets.sol";
import { IOpenInterestCover } from "../../contracts/interfaces/IOpenInterestCover.sol";
import { EngineFixture } from "../helpers/EngineFixture.sol";

/// Answers for so many units of the first underlying and twice as many of the second.
contract Cover is IOpenInterestCover {
    uint256 private units;

    constructor(uint256 units_) {
        units = units_;
    }

    function coveredOpenInterest(uint16 underlying) external view returns (uint256) {
        return units * underlying;
    }
}

contract MarketsCoverTest is EngineFixture {
    uint128 private constant CAP = 1_000e18;

    function setUp() public override {
        super.setUp();
        markets.setOpenInterestCap(ETH, CAP);
        markets.setOpenInterestCap(BTC, CAP);
    }

    function answerFor(uint256 units) private {
        markets.setCover(new Cover(units));
    }

    function capOf(uint16 underlying) private view returns (uint256) {
        return markets.underlying(underlying).openInterestCap;
    }

    function test_withoutCoverTheCapIsTheOneThatWasSet() external {
        assertEq(uint256(markets.refreshCover(ETH)), type(uint128).max);
        assertEq(capOf(ETH), CAP);
    }

    function test_namingWhoAnswersChangesNothingUntilSomebodyAsks() external {
        answerFor(10e18);
        assertEq(capOf(ETH), CAP);
        vm.expectEmit(address(markets));
        emit IMarkets.CoverRefreshed(ETH, 10e18);
        vm.prank(makeAddr("anybody"));
        assertEq(uint256(markets.refreshCover(ETH)), 10e18);
        assertEq(capOf(ETH), 10e18);
        assertEq(capOf(BTC), CAP, "each underlying for itself");
    }

    function test_coverLowersAndNeverRaisesTheCapThatWasSet() external {
        answerFor(300e18);
        markets.refreshCover(BTC);
        assertEq(capOf(BTC), 600e18);
        answerFor(501e18);
        markets.refreshCover(BTC);
        assertEq(capOf(BTC), CAP);
    }

    function test_settingTheCapKeepsWhatWasCovered() external {
        answerFor(10e18);
        markets.refreshCover(ETH);
        markets.setOpenInterestCap(ETH, 2 * CAP);
        assertEq(capOf(ETH), 10e18);
        markets.setOpenInterestCap(ETH, 4e18);
        assertEq(capOf(ETH), 4e18);
        (uint128 set, uint128 covered) = markets.openInterestCaps(ETH);
        assertEq(uint256(set), 4e18);
        assertEq(uint256(covered), 10e18);
    }

    function test_moreThanFitsIsTheMostThatFits() external {
        answerFor(type(uint256).max);
        assertEq(uint256(markets.refreshCover(ETH)), type(uint128).max);
    }

    function test_withNobodyNamedAgainTheNextCallLiftsTheLimit() external {
        answerFor(0);
        markets.refreshCover(ETH);
        assertEq(capOf(ETH), 0);
        markets.setCover(IOpenInterestCover(address(0)));
        assertEq(capOf(ETH), 0);
        markets.refreshCover(ETH);
        assertEq(capOf(ETH), CAP);
    }

    function test_refusesWhatIsNotListed() external {
        vm.expectRevert(abi.encodeWithSelector(IMarkets.UnderlyingNotListed.selector, 9));
        markets.refreshCover(9);
    }

    function test_onlyTheManagersRolesNameWhoAnswers() external {
        address stranger = makeAddr("stranger");
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        vm.prank(stranger);
        markets.setCover(IOpenInterestCover(stranger));
    }
}
