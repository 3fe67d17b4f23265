# SPDX-License-Identifier: Apache-2.0
from .core import sageattn  # noqa: F401
