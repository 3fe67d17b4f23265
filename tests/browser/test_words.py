# SPDX-License-Identifier: Apache-2.0
"""The pure functions of the pages, called in the browser."""
import unittest

import views
from harness import PageTest


class Words(PageTest):
    def call(self, module, expression, *values):
        if self.page.url == "about:blank":
            self.page.goto(self.pod.url + "/sign-in")
        address = f"/_tmplbuild/static/{self.pod.pages.static_files[module][0]}/{module}"
        return self.page.evaluate(f"async ([address, ...v]) => {{ const m = await import(address); return {expression} }}", [address, *values])

    def test_spans(self):
        said = {0: "0 s", 59_999: "59 s", 60_000: "1 min", 61_000: "1 min 1 s", 601_000: "10 min", 3_600_000: "1 h",
                3_660_000: "1 h 1 min", 90_000_000: "1 d 1 h", -5: "0 s"}
        for ms, text in said.items():
            self.assertEqual(self.call("words.js", "m.span(v[0])", ms), text.replace(" ", "\u00a0"))
        for seconds, text in {1: "5 s", 28: "30 s", 54: "55 s", 56: "1 min", 236: "4 min"}.items():
            self.assertEqual(self.call("words.js", "m.rough(v[0])", seconds), text)

    def test_sizes(self):
        gib = 1 << 30
        for (used, total), text in {(0, gib): "0 B of 1.0 GiB", (3 * gib, 24 * gib): "3.0 of 24 GiB", (None, 24 * gib): "unknown of 24 GiB",
                                    (gib, None): "1.0 GiB used", (None, None): "unknown", (512 << 20, gib): "512 MiB of 1.0 GiB"}.items():
            self.assertEqual(self.call("words.js", "m.share(v[0], v[1])", used, total), text)
        self.assertIsNone(self.call("words.js", "m.part(v[0], v[1])", 5, None))
        self.assertEqual(self.call("words.js", "m.part(v[0], v[1])", 5, 4), 100)

    def test_headlines(self):
        stopping, empty, stopped, kernel_failed, oneshot = (views.all_ready() for _ in range(5))
        stopping["pod"]["state"] = "stopping"
        empty["services"] = views.own()
        for one in stopped["services"]:
            one.update(state="stopped", ready=False)
        kernel_failed["kernels"][0].update(state="failed", words="could not be compiled")
        oneshot["services"][0].update(state="done", ready=False)
        for view, text in ((views.probing(), "The pod is starting"), (views.starting(), "2 of 3 services are ready"),
                           (views.while_compiling(), "Everything works; sageattention is still compiling"),
                           (views.all_ready(), "Everything works"), (views.crashed(), "3 services need attention"),
                           (views.launcher_lost(), "The state of this pod is not known right now"), (stopping, "The pod is stopping"),
                           (empty, "This pod runs no services"), (stopped, "All services are stopped"),
                           (kernel_failed, "Everything works, without sageattention"), (oneshot, "Everything works")):
            self.assertEqual(self.call("words.js", "m.summary(v[0]).headline", view), text)

    def test_what_a_state_allows(self):
        for state, changes in {"ready": ["restart", "stop"], "failed": ["start"], "stopped": ["start"], "backoff": ["start", "stop"],
                               "waiting": ["stop"], "starting": ["restart", "stop"]}.items():
            self.assertEqual(self.call("words.js", "m.changes_of({state: v[0]})", state), changes)

    def test_overlap_of_logs(self):
        for kept, fresh, count in ((["a", "b", "c"], ["b", "c", "d"], 2), (["a", "a", "a"], ["a", "a", "b"], 2), (["a"], ["b"], 0), (["a", "b"], ["b", "c"], 1),
                                   ([], ["a"], 0), (["a", "b"], ["a", "b"], 2)):
            self.assertEqual(self.call("logs.js", "m.overlap(v[0], v[1])", kept, fresh), count)


if __name__ == "__main__":
    unittest.main()
