// SPDX-License-Identifier: Apache-2.0
// What servers say: names, ranges, waits, refusals; and what addresses mean.
#include "download/answers.hpp"
#include "download/keys.hpp"
#include "download/order.hpp"
#include "support/catch.hpp"

using namespace tmplbuild;
using namespace tmplbuild::download;

TEST_CASE("a file's name comes from Content-Disposition, and is never a path") {
    using Row = std::pair<const char*, const char*>;
    for (const auto& [text, name] : {
             Row{"attachment; filename=\"a b.safetensors\"", "a b.safetensors"},
             Row{"attachment; filename=plain.gguf", "plain.gguf"},
             Row{"attachment; FileName = \"x\\\"y.pt\" ; other=1", "x\"y.pt"},
             Row{"attachment; filename=\"a.bin\"; filename*=UTF-8''%C3%A9.bin", "é.bin"},
             Row{"attachment; filename*=utf-8'en'%e2%82%ac.bin; filename=b", "€.bin"},
             Row{"attachment; filename*=latin'x'a.bin; filename=b.bin", "b.bin"},
             Row{"inline; filename=\"../../etc/passwd\"", "passwd"},
             Row{"attachment; filename=\"C:\\\\models\\\\x.ckpt\"", "x.ckpt"},
             Row{"attachment; filename*=UTF-8''..%2f..%2fa.pt", "a.pt"},
             Row{"attachment; filename=\"..\"", ""},
             Row{"attachment; filename=\".bashrc\"", ""},
             Row{"attachment; filename*=UTF-8''a%00b", ""},
             Row{"attachment; filename*=UTF-8''%ff.bin", ""},
             Row{"attachment; filename=\"x.tmplbuild-part\"", ""},
             Row{"attachment; filename=\"unclosed", "unclosed"},
             Row{"attachment", ""},
             Row{"", ""},
         })
        CHECK(disposition_name(text) == name);
    CHECK(disposition_name_in_url(
              "https://s/x?a=1&response-content-disposition=attachment%3B+filename%3D%22m+1.pt%22&b") == "m 1.pt");
    CHECK(disposition_name_in_url("https://s/x").empty());
}

TEST_CASE("ranges and waits are read strictly") {
    CHECK(content_range("bytes 5-9/10") == ContentRange{5, 10});
    CHECK(content_range("Bytes 5-9/*") == ContentRange{5, std::nullopt});
    CHECK(content_range("bytes */10") == ContentRange{std::nullopt, 10});
    for (const char* bad :
         {"", "bytes", "bytes */*", "bytes 9-5/10", "bytes 5-10/10", "bytes -5/10", "items 1-2/3", "bytes 1-2/x"})
        CHECK_FALSE(content_range(bad));
    CHECK(retry_after_seconds("120", 0) == 120);
    CHECK(retry_after_seconds("99999999", 0) == 86400);
    CHECK(retry_after_seconds("Sat, 28 Nov 2026 12:00:30 GMT", 1795867200) == 30);
    CHECK(retry_after_seconds("Sat, 28 Nov 2020 12:00:30 GMT", 1795867200) == 0);
    for (const char* bad : {"", "soon", "-1", "1.5"}) CHECK_FALSE(retry_after_seconds(bad, 0));
    CHECK(rate_limit("\"resolvers\";r=0;t=120") == RateLimit{0, 120});
    CHECK(rate_limit("\"api\"; r=3 ; t=7, \"resolvers\";r=0;t=1") == RateLimit{3, 7});
    for (const char* bad : {"", "\"a\";r=0", "\"a\";t=1", "\"a\";r=x;t=1"}) CHECK_FALSE(rate_limit(bad));
}

TEST_CASE("each refusal says what it means and what to do") {
    struct Row {
        Refusal refusal;
        Outcome::Kind kind;
        const char *reason, *hint;
        std::int64_t wait = 0;
    };
    using Kind = Outcome::Kind;
    const auto hf = [](int status, Headers headers, bool had_key = false) {
        return Refusal{Hub::huggingface, true, had_key, status, std::move(headers), {}};
    };
    const auto civitai = [](int status, const char* body, bool had_key = false) {
        return Refusal{Hub::civitai, true, had_key, status, {}, body};
    };
    const std::vector<Row> rows{
        {hf(401, {{"x-error-code", "GatedRepo"}}), Kind::failed, "gated",
         "accept the terms on the model's page, then enter"},
        {hf(403, {{"x-error-code", "GatedRepo"}}, true), Kind::failed, "gated",
         "with the account that the key belongs to"},
        {hf(401, {{"x-error-code", "RepoNotFound"}}), Kind::failed, "private, or gated, or there is no such",
         "enter a key"},
        {hf(404, {{"x-error-code", "RepoNotFound"}}, true), Kind::failed, "private, or gated, or there is no such",
         "account may see it"},
        {hf(404, {{"x-error-code", "EntryNotFound"}}), Kind::failed, "no such file in this repository", "renamed"},
        {hf(404, {{"x-error-code", "RevisionNotFound"}}), Kind::failed, "no such branch", "'main'"},
        {hf(404, {}), Kind::failed, "no such file", "address"},
        {hf(403, {{"x-error-message", "not \x1b[2J this"}}, true), Kind::failed,
         "status 403) (it says: not \\x1b[2J this", "right to read gated"},
        {hf(429, {{"ratelimit", "\"resolvers\";r=0;t=120"}}), Kind::again,
         "takes no more requests for now, and asks to wait 2 min", "with a key", 120'000},
        {hf(429, {{"retry-after", "7"}}, true), Kind::again, "asks to wait 7 s", "", 7'000},
        {hf(503, {{"retry-after", "3"}}), Kind::again, "status 503, and asks to wait 3 s", "", 3'000},
        {hf(408, {}), Kind::again, "status 408", ""},
        {civitai(401, "{\"message\":\"log in\"}"), Kind::failed, "signed in (it says: log in)", "make a key"},
        {civitai(401, "", true), Kind::failed, "signed in", "wrong or withdrawn"},
        {civitai(403, "{\"error\":\"Early Access\",\"deadline\":\"x\"}"), Kind::failed, "early access", "buy it"},
        {civitai(403, "{}", true), Kind::failed, "status 403", "with the key's account"},
        {civitai(404, "not JSON"), Kind::failed, "no such file", "fileId="},
        {civitai(410, ""), Kind::failed, "has removed", "another version"},
        {{Hub::civitai, false, false, 403, {}, "<Error/>"}, Kind::again, "the store's link has expired", ""},
        {{Hub::huggingface, false, false, 401, {}, ""}, Kind::again, "the store's link has expired", ""},
        {{Hub::huggingface, false, false, 404, {}, ""}, Kind::failed, "the server has no such file", "address"},
        {{Hub::none, true, false, 401, {}, ""}, Kind::failed, "not give this file to everybody", "copy a new one"},
        {{Hub::none, true, false, 500, {}, ""}, Kind::again, "the server answered with status 500", ""},
        {{Hub::none, true, false, 501, {}, ""}, Kind::failed, "status 501", "browser"},
    };
    for (const Row& row : rows) {
        const Outcome outcome = meaning_of(row.refusal, 0);
        INFO(row.refusal.status << ": " << outcome.reason << " | " << outcome.hint);
        CHECK(outcome.kind == row.kind);
        CHECK(outcome.reason.find(row.reason) != std::string::npos);
        CHECK(outcome.hint.find(row.hint) != std::string::npos);
        CHECK((*row.hint == '\0') == outcome.hint.empty());
        CHECK(outcome.wait == row.wait);
        CHECK(outcome.at_host == (row.refusal.status == 429));
    }
}

TEST_CASE("a page or a message is no model, and a text may be one") {
    const Headers html{{"content-type", "text/html; charset=utf-8"}}, js{{"content-type", "application/json"}};
    CHECK(why_no_file(html, "x", "a.safetensors") == "a web page came in place of the file");
    CHECK(why_no_file({}, "\n <!DOCTYPE html>", "") == "a web page came in place of the file");
    CHECK(why_no_file(js, "{}", "a.safetensors") == "a message came in place of the file");
    CHECK(why_no_file(js, "{}", "config.JSON").empty());
    CHECK(why_no_file(html, "<html>", "page.html").empty());
    CHECK(why_no_file({}, std::string("\x10\0\0\0\0\0\0\0{\"a\":1}", 15), "a.safetensors").empty());
}

TEST_CASE("addresses are kept as they are fetched, and a key goes to its hub alone") {
    const Endpoints plain;
    const auto kept = [&](const char* url) {
        const auto out = normalised_url(url, plain);
        return out ? *out : "refused: " + out.error().message;
    };
    CHECK(kept("https://huggingface.co/o/m/blob/main/a/x.gguf?download=true#L1") ==
          "https://huggingface.co/o/m/resolve/main/a/x.gguf");
    CHECK(kept("https://civitai.com/models/1/name?modelVersionId=22") == "https://civitai.com/api/download/models/22");
    CHECK(kept("https://civitai.red/api/download/models/5?type=Model&token=k&fileId=3") ==
          "https://civitai.red/api/download/models/5?type=Model&fileId=3");
    CHECK(kept("https://host.example/a?token=k") == "https://host.example/a?token=k");  // its own, not a key of ours
    for (const char* bad : {"", "ftp://x/y", "https://", "https://u:p@host/x", "https://host/a b",
                            "https://huggingface.co/o/m", "https://civitai.com/models/1", "https://host/a\\b"})
        CHECK(kept(bad).starts_with("refused: "));
    const std::string commit(40, 'a');
    CHECK(pinned_url("https://huggingface.co/o/m/resolve/refs%2Fpr%2F1/a/b", commit, plain) ==
          "https://huggingface.co/o/m/resolve/" + commit + "/a/b");
    CHECK(pinned_url("https://other.example/resolve/main/b", commit, plain) == "https://other.example/resolve/main/b");
    CHECK(pinned_url("https://huggingface.co/o/m/resolve/main/b", "main/../x", plain) ==
          "https://huggingface.co/o/m/resolve/main/b");
    const Endpoints mirror{"http://mirror.example:80/", "http://127.0.0.1:9"};
    CHECK(first_url("https://huggingface.co/o/m/resolve/main/b", mirror) ==
          "http://mirror.example:80/o/m/resolve/main/b");
    CHECK(first_url("https://civitai.red/api/download/models/5?x", mirror) ==
          "http://127.0.0.1:9/api/download/models/5?x");
    CHECK(first_url("http://civitai.red/api/download/models/5", plain) == "https://civitai.red/api/download/models/5");
    struct Row {
        Hub hub;
        const char* url;
        bool first, takes;
    };
    for (const Row& row : {
             Row{Hub::huggingface, "https://huggingface.co/o", true, true},
             Row{Hub::huggingface, "https://huggingface.co/o", false, true},
             Row{Hub::huggingface, "http://huggingface.co/o", true, false},
             Row{Hub::huggingface, "https://huggingface.co.evil.example/o", true, false},
             Row{Hub::huggingface, "https://huggingface.co:444/o", true, false},
             Row{Hub::huggingface, "https://user@evil.example/huggingface.co", true, false},
             Row{Hub::huggingface, "https://civitai.com/o", true, false},
             Row{Hub::civitai, "https://civitai.com/o", true, true},
             Row{Hub::civitai, "https://civitai.red/o", true, true},
             Row{Hub::civitai, "https://civitai.com/o", false, false},
             Row{Hub::civitai, "http://civitai.com/o", true, false},
             Row{Hub::none, "https://huggingface.co/o", true, false},
         }) {
        INFO(row.url);
        CHECK(takes_key(row.hub, row.url, row.first, plain) == row.takes);
    }
}

TEST_CASE("folders lie beneath the models or the volume, by whole names") {
    const Roots roots{"/v/ComfyUI/models", "/v"};
    const auto to = [&](const char* folder) {
        const auto out = destination_of(folder, roots);
        return out ? std::string(out->root == Root::models ? "models:" : "volume:") + out->folder : "refused";
    };
    CHECK(to("loras/wan/") == "models:loras/wan");
    CHECK(to("/v/ComfyUI/models/vae") == "models:vae");
    CHECK(to("/v/ComfyUI/modelsX") == "volume:ComfyUI/modelsX");
    CHECK(to("/v") == "volume:");
    for (const char* bad : {"", "..", "a/../b", "a//b", ".tmplbuild/console", "/v/.tmplbuild", "/vX/a", "/etc", "/",
                            "a\\b", "a\nb", "./a"})
        CHECK(to(bad) == "refused");
    const auto order = [&](const char* text) { return read_order(json::parse(text, "order").value(), roots, {}); };
    CHECK(order(R"({"url":"https://h/x","path":"/v/a/b.pt"})")->name == "b.pt");
    CHECK(order(R"({"url":"https://h/x","path":"ComfyUI/models/vae","name":"c.pt"})")->to ==
          Destination{Root::models, "vae"});
    CHECK(
        order(
            R"({"url":"https://h/x","directory":"a","size":5,"sha256":"ABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCDEFABCD"})")
            ->sha256.starts_with("abcdef"));
    CHECK(order(R"({"url":"https://h/x","directory":"loras","name":"wan/high/c.pt"})")->to ==
          Destination{Root::models, "loras/wan/high"});
    CHECK(order(R"({"url":"https://h/x","directory":"loras","name":"wan/c.pt"})")->asked == "loras");
    for (const char* bad :
         {R"({"url":"https://h/x","directory":"loras","name":"../c.pt"})",
          R"({"url":"https://h/x","directory":"a","name":"/c.pt"})", R"({"directory":"a"})", R"({"url":"https://h/x"})",
          R"({"url":"https://h/x","directory":"a","path":"/v/b"})",
          R"({"url":"https://h/x","directory":"a","size":1.5})", R"({"url":"https://h/x","directory":"a","size":-1})",
          R"({"url":"https://h/x","directory":"a","name":".x"})", R"(["https://h/x"])"})
        CHECK_FALSE(order(bad));
}

TEST_CASE("the environment's keys count before those that were entered, and none is told") {
    Keys keys([](const char* name) { return std::string(name) == "CIVITAI_API_KEY" ? " from-pod\n" : ""; });
    CHECK(keys.of(Hub::civitai) == "from-pod");
    CHECK_FALSE(keys.of(Hub::huggingface));
    CHECK_FALSE(keys.enter(Hub::civitai, "mine"));
    CHECK_FALSE(keys.enter(Hub::huggingface, "line\nend"));
    CHECK_FALSE(keys.enter(Hub::huggingface, ""));
    REQUIRE(keys.enter(Hub::huggingface, " hf_mine "));
    CHECK(json::compact(keys.view()) ==
          R"({"huggingface":{"set":true,"source":"volume"},"civitai":{"set":true,"source":"environment"}})");
    Keys other([](const char*) { return std::string(); });
    REQUIRE(other.take_over(keys.keep()));
    CHECK(other.of(Hub::huggingface) == "hf_mine");
    CHECK_FALSE(other.of(Hub::civitai));
    CHECK(other.withdraw(Hub::huggingface));
    CHECK_FALSE(other.withdraw(Hub::huggingface));
    CHECK_FALSE(other.take_over("[]"));
}
