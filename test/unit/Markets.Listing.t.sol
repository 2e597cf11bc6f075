// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { Collateral, IMarkets, RiskParameters, Stress, Underlying } from "../../contracts/interfaces/IMarkets.sol";
import { Instrument, Kind, toInstrument } from "../../contracts/types/Instrument.sol";
import { toRiskWords } from "../../contracts/types/RiskWords.sol";
import { EngineFixture, ListedToken } from "../helpers/EngineFixture.sol";

contract MarketsListingTest is EngineFixture {
    uint256 private constant DAY = 1 days;

    function refuses(Instrument instrument) private {
        vm.expectRevert(abi.encodeWithSelector(IMarkets.NotTradable.selector, instrument));
        markets.requireTradable(instrument);
    }

    function test_ListsInTheOrderOfListing() external view {
        uint16[] memory ids = markets.underlyings();
        assertEq(ids.length, 2);
        assertEq(uint256(ids[0]), ETH);
        assertEq(uint256(ids[1]), BTC);
        assertEq(markets.underlying(BTC).symbol, bytes32("BTC"));
        assertEq(markets.collaterals().length, 2);
        assertEq(abi.encode(markets.riskParameters(ETH)), abi.encode(ethParameters()));
    }

    function test_EveryStressInUseIsRead() external {
        RiskParameters memory parameters = ethParameters();
        parameters.stresses[2] = Stress(0.1e18, -1, 0.2e18, 0);
        parameters.stresses[3] = Stress(-0.1e18, 0, 0.3e18, 0.3e18);
        changeRisk(markets, ETH, parameters);
        assertEq(abi.encode(markets.riskParameters(ETH)), abi.encode(parameters));
    }

    /// A set that is shorter than the one before leaves nothing of it.
    function test_StressesAfterTheFirstUnusedOneReadAsZero() external {
        RiskParameters memory parameters = ethParameters();
        parameters.stresses[3] = Stress(-0.1e18, 1, 0, 0);
        markets.setRiskParameters(ETH, parameters);
        assertEq(abi.encode(markets.riskParameters(ETH)), abi.encode(ethParameters()));
    }

    function test_RefusesAnUnderlyingTwice() external {
        vm.expectRevert(abi.encodeWithSelector(IMarkets.UnderlyingAlreadyListed.selector, ETH));
        markets.listUnderlying(ETH, listing("ETH"), ethParameters());
    }

    function test_RefusesMoreUnderlyingsThanTheLimit() external {
        markets.listUnderlying(3, listing("C"), ethParameters());
        markets.listUnderlying(4, listing("D"), ethParameters());
        vm.expectRevert(abi.encodeWithSelector(IMarkets.TooManyListed.selector, 4));
        markets.listUnderlying(5, listing("E"), ethParameters());
    }

    function listSpot(uint64 number) private {
        address token = address(new ListedToken(18));
        markets.listCollateral(toInstrument(ETH, Kind.Spot, 0, number), Collateral(token, 18, 0.1e18, 1e30));
    }

    function test_ListsSixteenCollateralsAndNoMore() external {
        for (uint64 i = 1; i <= 14; ++i) listSpot(i);
        assertEq(markets.collaterals().length, 16);
        address token = address(new ListedToken(18));
        vm.expectRevert(abi.encodeWithSelector(IMarkets.TooManyListed.selector, 16));
        markets.listCollateral(toInstrument(ETH, Kind.Spot, 0, 15), Collateral(token, 18, 0.1e18, 1e30));
    }

    function test_KnowsNothingOfWhatIsNotListed() external {
        bytes memory expected = abi.encodeWithSelector(IMarkets.UnderlyingNotListed.selector, 9);
        vm.expectRevert(expected);
        markets.underlying(9);
        vm.expectRevert(expected);
        markets.riskParameters(9);
        vm.expectRevert(expected);
        markets.setOpenInterestCap(9, 1);
        vm.expectRevert(expected);
        markets.pauseOpening(9, true);
        vm.expectRevert(expected);
        markets.setRiskParameters(9, ethParameters());
        vm.expectRevert(expected);
        markets.requireTradable(perpetual(9));
    }

    function test_TradesPerpetualsListedSpotAndOptionsOnTheGrid() external view {
        markets.requireTradable(perpetual(ETH));
        markets.requireTradable(spot(ETH));
        markets.requireTradable(call(ETH, EXPIRY, 2_000));
        markets.requireTradable(put(BTC, EXPIRY, 40_001));
    }

    function test_TradesNoFuturesNoUnlistedSpotNothingMalformed() external {
        refuses(toInstrument(ETH, Kind.Future, EXPIRY, 0));
        refuses(toInstrument(ETH, Kind.Spot, 0, 1));
        refuses(toInstrument(ETH, Kind.Perpetual, EXPIRY, 0));
        refuses(Instrument.wrap(0));
    }

    function test_ExpiriesAreAtEightUtcInTheFutureWithinTheLongestTenor() external {
        refuses(call(ETH, EXPIRY + 1, 2_000));
        refuses(call(ETH, EXPIRY - 8 hours, 2_000));
        refuses(call(ETH, EXPIRY - uint40(10 * DAY), 2_000));
        // The last expiry within 400 days, and the next.
        uint40 last = uint40(((NOW + 400 * DAY - 8 hours) / DAY) * DAY + 8 hours);
        markets.requireTradable(call(ETH, last, 2_000));
        refuses(call(ETH, last + uint40(DAY), 2_000));
        vm.warp(EXPIRY);
        refuses(call(ETH, EXPIRY, 2_000));
    }

    function test_StrikesAreMultiplesOfTheStep() external {
        refuses(toInstrument(ETH, Kind.Call, EXPIRY, 2_000e8 + 1));
        refuses(toInstrument(ETH, Kind.Put, EXPIRY, 0.5e8));
    }

    function test_APauseStopsOpeningOnOneUnderlying() external {
        markets.pauseOpening(ETH, true);
        vm.expectRevert(abi.encodeWithSelector(IMarkets.OpeningIsPaused.selector, ETH));
        markets.requireTradable(perpetual(ETH));
        markets.requireTradable(perpetual(BTC));
        markets.pauseOpening(ETH, false);
        markets.requireTradable(perpetual(ETH));
    }

    function test_ATokenStandsBehindOneInstrumentOnly() external {
        Collateral memory known = markets.collateral(spot(ETH));
        Instrument second = toInstrument(ETH, Kind.Spot, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IMarkets.InvalidCollateral.selector, second, known.token));
        markets.listCollateral(second, known);
    }

    function test_AnInstrumentKeepsItsToken() external {
        Collateral memory other = Collateral(address(new ListedToken(18)), 18, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IMarkets.CollateralAlreadyListed.selector, spot(ETH)));
        markets.listCollateral(spot(ETH), other);
    }

    function test_RefusesATokenThatIsNoneOrHasOtherDecimals() external {
        Instrument second = toInstrument(ETH, Kind.Spot, 0, 1);
        Collateral memory none = Collateral(makeAddr("no code"), 18, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IMarkets.InvalidCollateral.selector, second, none.token));
        markets.listCollateral(second, none);
        Collateral memory other = Collateral(address(new ListedToken(6)), 18, 0, 1);
        vm.expectRevert(abi.encodeWithSelector(IMarkets.InvalidCollateral.selector, second, other.token));
        markets.listCollateral(second, other);
        vm.expectRevert(abi.encodeWithSelector(IMarkets.InvalidCollateral.selector, perpetual(ETH), other.token));
        markets.listCollateral(perpetual(ETH), other);
    }

    function test_ThereIsNoCollateralWithoutAToken() external {
        Instrument second = toInstrument(ETH, Kind.Spot, 0, 1);
        bytes memory expected = abi.encodeWithSelector(IMarkets.CollateralNotListed.selector, second);
        vm.expectRevert(expected);
        markets.collateral(second);
        vm.expectRevert(expected);
        markets.haircut(second);
        // Other kinds have none either.
        vm.expectRevert(abi.encodeWithSelector(IMarkets.CollateralNotListed.selector, perpetual(ETH)));
        markets.haircut(perpetual(ETH));
    }

    /// Bounds are 0 to 50 %.
    function testFuzz_TheHaircutIsTheCollaterals(uint256 haircut) external {
        haircut = bound(haircut, 0, 0.5e18);
        Instrument second = toInstrument(ETH, Kind.Spot, 0, 1);
        markets.listCollateral(second, Collateral(address(new ListedToken(18)), 18, uint64(haircut), 1e30));
        assertEq(markets.haircut(second), haircut);
        Instrument[] memory all = markets.collaterals();
        for (uint256 i = 0; i < all.length; ++i) {
            assertEq(markets.haircut(all[i]), uint256(markets.collateral(all[i]).haircut));
        }
    }

    /// The engine copies the code itself: a byte that stops, then the words of the parameters.
    function test_TheCodeOfRiskParametersIsTheParameters() external {
        RiskParameters memory parameters = ethParameters();
        parameters.stresses[2] = Stress(0.1e18, -1, 0.2e18, 0);
        parameters.concentration = 0.01e18;
        address before = markets.riskParametersCode(ETH);
        changeRisk(markets, ETH, parameters);
        address code = markets.riskParametersCode(ETH);
        assertNotEq(code, before);
        assertEq(code.code, bytes.concat(hex"00", abi.encode(toRiskWords(parameters))));
        assertEq(abi.encode(markets.riskParameters(ETH)), abi.encode(parameters));
        // What others set is theirs.
        assertEq(abi.encode(markets.riskParameters(BTC)), abi.encode(btcParameters()));
        vm.expectRevert(abi.encodeWithSelector(IMarkets.UnderlyingNotListed.selector, 9));
        markets.riskParametersCode(9);
    }

    function test_OnlyTheManagersRolesMayChangeAnything() external {
        address stranger = makeAddr("stranger");
        bytes memory expected = abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger);
        vm.startPrank(stranger);
        vm.expectRevert(expected);
        markets.listUnderlying(3, listing("C"), ethParameters());
        vm.expectRevert(expected);
        markets.listCollateral(spot(ETH), Collateral(address(1), 18, 0, 1));
        vm.expectRevert(expected);
        markets.setRiskParameters(ETH, ethParameters());
        vm.expectRevert(expected);
        markets.setOpenInterestCap(ETH, 1);
        vm.expectRevert(expected);
        markets.pauseOpening(ETH, true);
        vm.stopPrank();
    }

    function test_TheOpenInterestCapCanBeSet() external {
        vm.expectEmit(address(markets));
        emit IMarkets.OpenInterestCapSet(ETH, 5e18);
        markets.setOpenInterestCap(ETH, 5e18);
        Underlying memory listed = markets.underlying(ETH);
        assertEq(uint256(listed.openInterestCap), 5e18);
        assertEq(listed.symbol, bytes32("ETH"));
    }
}
