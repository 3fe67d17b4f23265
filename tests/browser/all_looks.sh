# SPDX-License-Identifier: Apache-2.0
# label: slow
# timeout: 600
# processors: 2
# needs: browser
# Each state of each page on desktop and phone, dark and light: all four of them; and the long cases of files, models and
# the calculator.
export TMPLBUILD_ALL_LOOKS=1
exec bash "$(dirname "$0")/run_lib.sh" test_looks.py test_video.py test_files.py test_models.py
