// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Who may act for a controller of requests, as in ERC-7540.
interface IERC7540Operator {
    event OperatorSet(address indexed controller, address indexed operator, bool approved);

    /// @notice Lets `operator` request with the caller's shares, and claim and cancel his requests to whom he likes; or no longer.
    function setOperator(address operator, bool approved) external returns (bool);
    function isOperator(address controller, address operator) external view returns (bool status);
}

/// @title Deposit by request, as in ERC-7540: request, wait, claim with `deposit` or `mint`.
interface IERC7540Deposit {
    event DepositRequest(
        address indexed controller,
        address indexed owner,
        uint256 indexed requestId,
        address sender,
        uint256 assets
    );

    /// @notice Takes assets of `owner`, who is the caller or has him as operator; `controller` may claim shares for them later.
    /// @return requestId Always 0: a request is known by its controller.
    function requestDeposit(uint256 assets, address controller, address owner) external returns (uint256 requestId);
    /// @notice Assets that wait. Never reverts.
    function pendingDepositRequest(uint256 requestId, address controller) external view returns (uint256 assets);
    /// @notice Assets whose shares may be claimed. Never reverts.
    function claimableDepositRequest(uint256 requestId, address controller) external view returns (uint256 assets);
    /// @notice Claims the shares of so many assets. Controller or operator.
    function deposit(uint256 assets, address receiver, address controller) external returns (uint256 shares);
    function mint(uint256 shares, address receiver, address controller) external returns (uint256 assets);
}

/// @title Redemption by request, as in ERC-7540: request, wait, claim with `redeem` or `withdraw` of ERC-4626.
interface IERC7540Redeem {
    event RedeemRequest(
        address indexed controller,
        address indexed owner,
        uint256 indexed requestId,
        address sender,
        uint256 shares
    );

    /// @notice Takes the shares of `owner` into escrow; `controller` may claim them later. The caller is the owner, his
    /// operator, or has his allowance. @return requestId Always 0: a request is known by its controller.
    function requestRedeem(uint256 shares, address controller, address owner) external returns (uint256 requestId);
    /// @notice Shares that wait. Never reverts.
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);
    /// @notice Shares that may be claimed now, as far as there is money to pay for them. Never reverts.
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);
}
