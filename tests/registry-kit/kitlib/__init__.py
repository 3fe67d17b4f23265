# SPDX-License-Identifier: Apache-2.0
"""The hostile-registry kit; README.md beside this folder says what it is."""
