// SPDX-License-Identifier: Apache-2.0
#include "console/web/metrics.hpp"

#include "console/pod/pod_view.hpp"
#include "console/web/capabilities.hpp"
#include "console/web/first_screen.hpp"
#include "console/web/page_text.hpp"
#include "support/catch.hpp"

namespace tmplbuild::console {
namespace {

status::Snapshot snapshot() {
    status::Snapshot out;
    out.pod = "p";
    out.state = "ready";
    out.progress = 100;
    status::Service service{.name = "a\"b\\c\nd", .state = "ready", .reason = ""};
    service.ready = true;
    service.restarts = 3;
    out.services = {service};
    out.gpus = {{1, "NVIDIA L4", "8.9", 24}};
    status::Kernel kernel{.name = "sage", .state = "active", .reason = ""};
    kernel.verdict = "exact";
    out.kernels = {kernel};
    return out;
}

}  // namespace

TEST_CASE("metrics are Prometheus' text, with labels escaped and the unknown left out") {
    const status::Snapshot pod = snapshot();
    const std::string text = metrics_text(view_of({.snapshot = &pod}), {7, 2, 1});
    CHECK(text.find("tmplbuild_service_ready{service=\"a\\\"b\\\\c\\nd\"} 1\n") != std::string::npos);
    CHECK(text.find("tmplbuild_service_restarts_total{service=\"a\\\"b\\\\c\\nd\"} 3\n") != std::string::npos);
    CHECK(text.find("tmplbuild_gpu_memory_bytes{gpu=\"1\"} 24\n") != std::string::npos);
    CHECK(text.find("tmplbuild_gpu_memory_used_bytes{") == std::string::npos);
    CHECK(text.find("\ntmplbuild_memory_used_bytes ") == std::string::npos);
    CHECK(text.find("tmplbuild_kernel_state{kernel=\"sage\",state=\"active\"} 1\n") != std::string::npos);
    CHECK(text.find("tmplbuild_kernel_state{kernel=\"sage\",state=\"off\"} 0\n") != std::string::npos);
    CHECK(text.find("tmplbuild_launcher_connected 0\n") != std::string::npos);
    CHECK(text.find("tmplbuild_console_requests_total 7\n") != std::string::npos);
    CHECK(text.find("nan") == std::string::npos);
}

TEST_CASE("capabilities are what the view has") {
    const status::Snapshot pod = snapshot();
    const json::object out = capabilities_of(view_of({.snapshot = &pod, .pod_id = "abc"}), "tmplbuild 1");
    CHECK(json::compact(out.at("gpu").at("devices")) ==
          R"([{"index":1,"name":"NVIDIA L4","capability":"8.9","memory_bytes":24}])");
    CHECK(out.at("pod").at("id") == "abc");
    CHECK(out.at("console") == "tmplbuild 1");
}

TEST_CASE("no value of a page becomes markup or ends its script") {
    CHECK(filled_page("<p>{{a}}</p>{{b}}{{none}}", {{"a", "<b a='\"'>&"}, {"b", "{{a}}"}}) ==
          "<p>&lt;b a=&#39;&quot;&#39;&gt;&amp;</p>{{a}}");
    CHECK(filled_page("{{state}}", {}, "{\"a\":\"</script><!--&\xe2\x80\xa8\"}") ==
          "{\"a\":\"\\u003c/script\\u003e\\u003c!--\\u0026\\u2028\"}");
    CHECK(filled_page("{{open", {}) == "{{open");
}

TEST_CASE("the log's first screen says where to click and what the password is") {
    pod::PodSpec spec;
    spec.console_port = 8765;
    pod::Service web;
    web.name = "comfyui";
    web.port = 8188;
    pod::Service ssh;
    ssh.name = "ssh";
    ssh.port = 22;
    ssh.is_public = true;
    spec.services = {web, ssh};
    std::vector<std::string> notes;
    const OwnOrigins own = OwnOrigins::of("abc", "", 8765, notes);
    Login::Found found{.source = PasswordSource::made_and_kept};
    found.made = "pass-word";
    const std::string text = first_screen(spec, own, found, false);
    CHECK(text.starts_with("Open this pod: https://abc-8765.proxy.runpod.net/\nPassword: pass-word  ("));
    CHECK(text.find("  comfyui: https://abc-8188.proxy.runpod.net/\n") != std::string::npos);
    CHECK(text.find("  ssh: port 22\n") != std::string::npos);
    const auto says = [&](PasswordSource source, const std::string& made, const std::string& problem) {
        return first_screen(spec, own, Login::Found{source, made, {}, false, problem}, false);
    };
    CHECK(says(PasswordSource::console_password, "", "").find("the one in CONSOLE_PASSWORD\n") != std::string::npos);
    CHECK(says(PasswordSource::jupyter_password, "", "").find("the one in JUPYTER_PASSWORD\n") != std::string::npos);
    CHECK(says(PasswordSource::made_for_now, "xy", "the volume did not answer within 2 s")
              .find("Password: xy  (made for this start, since the volume did not answer within 2 s)\n") !=
          std::string::npos);
    CHECK(says(PasswordSource::made_for_now, "", "no random numbers").find("Nobody can sign in: no random numbers\n") !=
          std::string::npos);
    CHECK(first_screen(spec, own, std::nullopt, false).find("No password is asked for (CONSOLE_AUTH=none)") !=
          std::string::npos);
    Login::Found chosen{.source = PasswordSource::console_password};
    chosen.is_short = true;
    CHECK(first_screen(spec, own, chosen, false).find("CONSOLE_PASSWORD. It has fewer than 8 characters") !=
          std::string::npos);
    // What the launcher has shown is in no log.
    CHECK(first_screen(spec, own, found, true).find("pass-word") == std::string::npos);
    const auto announced = password_announcement(found);
    REQUIRE(announced);
    CHECK(announced->secret == "pass-word");
    CHECK(announced->text.starts_with("Password: pass-word  (made now"));
    Login::Found again{.source = PasswordSource::volume};
    again.kept = "pass-word";
    CHECK(password_announcement(again)->secret == "pass-word");
    CHECK(password_announcement(again)->text.empty());
    CHECK_FALSE(password_announcement({.source = PasswordSource::console_password}));
    CHECK(kernel_screen(snapshot()) == "sage: works on your L4: it was checked on this GPU\n");
    status::Snapshot early = snapshot();
    early.kernels[0].state = "waiting";
    early.kernels[0].verdict = "";
    CHECK(kernel_screen(early).empty());
}

}  // namespace tmplbuild::console
