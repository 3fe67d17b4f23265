# SPDX-License-Identifier: Apache-2.0
"""The self-test that tests/gpu's pod.json names: the example kernel's own check, in the Python that the launcher gives."""

import sys

import int8_attention
from int8_attention import check

print(int8_attention.__file__)
sys.argv = ["selftest", "--quick"]
sys.exit(check.main())
