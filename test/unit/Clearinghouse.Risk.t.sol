// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { Risk } from "../../contracts/interfaces/IMarginEngine.sol";
import { Validity } from "../../contracts/interfaces/IPriceOracle.sol";
import { Line, MockMarginEngine } from "../../contracts/mocks/MockMarginEngine.sol";
import { CASH } from "../../contracts/types/Instrument.sol";
import { ClearinghouseTest } from "../helpers/ClearinghouseTest.sol";

contract ClearinghouseRiskTest is ClearinghouseTest {
    function test_saysWhereTheStoredAccountStands() public {
        deposit(alices, CASH, 5000 * USDC);
        deposit(alices, WETH, 1 ether);
        deposit(bobs, CASH, 1e6 * USDC);
        fill(alices, bobs, PERPETUAL, 10 * UNIT, 2000 * USD);
        setEthPrice(1900 * USD);
        engine.setValidity(Validity.Late, 1_699_999_000);
        Risk memory risk = clearinghouse.risk(alices);
        // 5,000 and the ether, less 10 × 100.
        assertEq(risk.equity, 5900e18);
        assertEq(risk.initial, 11 * 380 * USD);
        assertEq(risk.maintenance, 11 * 190 * USD);
        assertTrue(risk.validity == Validity.Late);
        assertEq(risk.validSince, 1_699_999_000);
    }

    function test_asksTheEngineThatIsSetNow() public {
        deposit(alices, WETH, 1 ether);
        MockMarginEngine other = MockMarginEngine(deploy("MockMarginEngine"));
        other.setLine(WETH, Line(3000 * USD, 600 * USD, 300 * USD));
        clearinghouse.setMarginEngine(address(other));
        assertEq(clearinghouse.risk(alices).equity, 3000e18);
    }

    function test_anAccountNeverUsedRequiresNothing() public view {
        assertEq(clearinghouse.risk(carols).equity, 0);
        assertEq(clearinghouse.risk(carols).initial, 0);
    }
}
