// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { IAccessManaged } from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import { IClearinghouse } from "../../contracts/interfaces/IClearinghouse.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

/// Modules of a sealed clearinghouse, whoever manages access to it: here the test, without any delay.
contract ClearinghouseNoticeTest is ClearinghouseTest {
    uint256 private constant START = 1_700_000_000;

    address private engineToCome = address(0xE);
    address private liquidatorToCome = address(0xF);

    function test_untilItIsSealedModulesAreExchangedAtOnce() public {
        (, , , bool isSealed) = books.announcedModules();
        assertFalse(isSealed);
        clearinghouse.setMarginEngine(engineToCome);
        seal();
        (, , , isSealed) = books.announcedModules();
        assertTrue(isSealed);
        refuses(address(engine));
    }

    function test_takesEffectAfterSevenDays() public {
        seal();
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.ModulesAnnounced(engineToCome, liquidatorToCome, START + 7 days);
        clearinghouse.announceModules(engineToCome, liquidatorToCome);
        requireAnnounced(engineToCome, liquidatorToCome, START + 7 days);
        vm.warp(START + 7 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.NoticeNotOver.selector, START + 7 days));
        clearinghouse.setMarginEngine(engineToCome);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.NoticeNotOver.selector, START + 7 days));
        clearinghouse.setLiquidator(liquidatorToCome);
        vm.warp(START + 7 days);
        clearinghouse.setMarginEngine(engineToCome);
        assertEq(clearinghouse.marginEngine(), engineToCome);
        requireAnnounced(address(0), liquidatorToCome, START + 7 days);
        clearinghouse.setLiquidator(liquidatorToCome);
        assertEq(clearinghouse.liquidator(), liquidatorToCome);
        requireAnnounced(address(0), address(0), 0);
        // Each announcement serves once.
        refuses(engineToCome);
    }

    function test_onlyWhatIsAnnouncedTakesEffect() public {
        seal();
        clearinghouse.announceModules(engineToCome, address(0));
        vm.warp(START + 7 days);
        refuses(liquidatorToCome);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.ModuleNotAnnounced.selector, liquidatorToCome));
        clearinghouse.setLiquidator(liquidatorToCome);
        // That a module stays does not announce the zero address.
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.ModuleNotAnnounced.selector, address(0)));
        clearinghouse.setLiquidator(address(0));
        clearinghouse.setMarginEngine(engineToCome);
    }

    function test_anotherAnnouncementTakesItsPlace() public {
        seal();
        clearinghouse.announceModules(engineToCome, address(0));
        vm.warp(START + 6 days);
        clearinghouse.announceModules(address(0xBAD), address(0));
        vm.warp(START + 7 days);
        refuses(engineToCome);
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.NoticeNotOver.selector, START + 13 days));
        clearinghouse.setMarginEngine(address(0xBAD));
    }

    function test_isWithdrawnOrLapses() public {
        seal();
        clearinghouse.announceModules(engineToCome, address(0));
        vm.expectEmit(address(clearinghouse));
        emit IClearinghouse.ModulesAnnounced(address(0), address(0), 0);
        clearinghouse.announceModules(address(0), address(0));
        vm.warp(START + 7 days);
        refuses(engineToCome);
        clearinghouse.announceModules(engineToCome, address(0));
        vm.warp(START + 21 days);
        requireAnnounced(engineToCome, address(0), 0);
        refuses(engineToCome);
    }

    function test_isForItsRole() public {
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, alice));
        clearinghouse.announceModules(alice, alice);
        vm.stopPrank();
    }

    function seal() private {
        clearinghouse.announceModules(address(0), address(0));
    }

    function refuses(address module) private {
        vm.expectRevert(abi.encodeWithSelector(IClearinghouse.ModuleNotAnnounced.selector, module));
        clearinghouse.setMarginEngine(module);
    }

    function requireAnnounced(address marginEngine, address liquidator_, uint256 dueAt) private view {
        (address engine_, address other, uint256 due, ) = books.announcedModules();
        assertEq(engine_, marginEngine);
        assertEq(other, liquidator_);
        assertEq(due, dueAt);
    }
}
