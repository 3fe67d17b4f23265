# SPDX-License-Identifier: Apache-2.0
# timeout: 240
# processors: 2
# needs: browser
# The console's pages in a real browser, against a stand-in for the console: what they show, what they ask for and when,
# how they look (pictures lie in screenshots/ of the build) and what axe says of them.
exec bash "$(dirname "$0")/run_lib.sh" test_*.py
