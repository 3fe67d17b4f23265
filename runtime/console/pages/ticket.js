// SPDX-License-Identifier: Apache-2.0
// Hands the one-time ticket to the service's port. Without a script the button does it.
document.getElementById("ticket").submit();
