// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import { TestToken } from "../../contracts/mocks/TestToken.sol";

interface ITransferHook {
    function onTransfer(address from, address to) external;
}

/// Calls out in every transfer once a hook is set: what must not be listed, and what the locks must withstand all the same.
contract HookedToken is TestToken("Hooked", "HOOK", 6) {
    ITransferHook private hook;

    function setHook(ITransferHook hook_) external {
        hook = hook_;
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (address(hook) != address(0)) hook.onTransfer(from, to);
    }
}

/// Calls what it was told to, in the middle of a transfer, and keeps the answer.
contract Intruder is ITransferHook {
    address private immutable target;
    address private immutable custody;
    bytes private payload;
    bool public isCalled;
    bool public isReverted;
    bytes public answer;

    constructor(address target_, address custody_) {
        (target, custody) = (target_, custody_);
    }

    function aim(bytes calldata payload_) external {
        (payload, isCalled, isReverted) = (payload_, false, false);
    }

    /// Only while tokens enter or leave custody; the way between wallet and vault is not locked.
    function onTransfer(address from, address to) external {
        if (from != custody && to != custody) return;
        isCalled = true;
        bool isDone;
        // solhint-disable-next-line avoid-low-level-calls
        (isDone, answer) = target.call(payload);
        isReverted = !isDone;
    }
}
