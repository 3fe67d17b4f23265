// SPDX-License-Identifier: Apache-2.0
#include "download/answers.hpp"

#include <algorithm>
#include <array>

#include "base/json.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"

namespace tmplbuild::download {

namespace {

constexpr std::size_t longest_words = 200;
constexpr const char* page_of_keys = "enter a key on the page of models";

// What the server itself said, for people: one line, and not long.
std::string own_words(const Refusal& refusal) {
    std::string words = header_of(refusal.headers, "x-error-message");
    if (words.empty())
        if (const auto value = json::parse(refusal.body, "the answer"); value && value->is_object()) {
            const json::object& object = value->get_object();
            words = json::string_or(object, "message", json::string_or(object, "error", ""));
        }
    words = visible(words);
    if (words.size() > longest_words) {
        const std::size_t blank = words.find_last_of(' ', longest_words);
        words = blank == std::string::npos ? "" : words.substr(0, blank) + " …";  // one word as long as that is none
    }
    return words.empty() ? "" : " (it says: " + words + ")";
}

Outcome later(const Refusal& refusal, UnixMs now) {
    Outcome out{.kind = Outcome::Kind::again};
    const std::string who(title_of(refusal.hub));
    std::int64_t seconds = retry_after_seconds(header_of(refusal.headers, "retry-after"), now / 1000).value_or(0);
    const auto limit = rate_limit(header_of(refusal.headers, "ratelimit"));
    if (refusal.status == 429 && limit && limit->left == 0) seconds = std::max(seconds, limit->seconds);
    out.wait = seconds * 1000;
    out.at_host = refusal.status == 429;
    out.reason = refusal.status == 429 ? who + " takes no more requests for now"
                                       : who + " answered with status " + std::to_string(refusal.status);
    if (seconds != 0) out.reason += ", and asks to wait " + whole_seconds(seconds);
    if (refusal.status == 429 && refusal.hub == Hub::huggingface && !refusal.had_key)
        out.hint = std::string("with a key of Hugging Face it gives more: ") + page_of_keys;
    return out;
}

Outcome of_huggingface(const Refusal& refusal) {
    const std::string code = to_lower(header_of(refusal.headers, "x-error-code")), said = own_words(refusal);
    const bool had_key = refusal.had_key;
    if (code == "gatedrepo")
        return failed("this model is gated: its owner gives it to those who accepted its terms" + said,
                      had_key ? "accept the terms on the model's page with the account that the key belongs to"
                              : std::string("accept the terms on the model's page, then ") + page_of_keys);
    if (code == "entrynotfound")
        return failed("there is no such file in this repository" + said,
                      "look at its list of files: it may have been renamed");
    if (code == "revisionnotfound")
        return failed("the repository has no such branch, tag or commit" + said, "use 'main' in its place");
    if (refusal.status == 404 && code != "reponotfound")
        return failed("there is no such file" + said, "look at the address");
    if (refusal.status == 401 || code == "reponotfound")
        return failed(
            "Hugging Face does not give this file: it is private, or gated, or there is no such repository" + said,
            had_key ? "look at the address, and whether the key's account may see it"
                    : std::string("look at the address; for a private or gated model, ") + page_of_keys);
    return failed("Hugging Face refuses this file (status " + std::to_string(refusal.status) + ")" + said,
                  had_key ? "the key may lack the right to read gated repositories: make one that has it"
                          : std::string("it may want a key: ") + page_of_keys);
}

Outcome of_civitai(const Refusal& refusal) {
    const std::string said = own_words(refusal), all = to_lower(said);
    if (all.find("early access") != std::string::npos)
        return failed("this model is in early access: its maker sells it for now" + said,
                      "buy it on its page with the account of the key, or wait until it is open");
    switch (refusal.status) {
        case 401:
            return failed("CivitAI gives this file only to those who are signed in" + said,
                          refusal.had_key
                              ? "the key is wrong or withdrawn: make a new one in the account's settings there"
                              : std::string("make a key in the account's settings there, then ") + page_of_keys);
        case 404:
            return failed("CivitAI has no such file" + said,
                          "it may have been removed; or the version has several files, of which fileId= names one; or "
                          "it is on civitai.red alone");
        case 410:
            return failed("CivitAI has removed this file" + said, "look for another version of the model");
        default:
            return failed("CivitAI refuses this file (status " + std::to_string(refusal.status) + ")" + said,
                          refusal.had_key ? "open its page with the key's account: it may be restricted"
                                          : std::string("it may want a key: ") + page_of_keys);
    }
}

bool starts_like_a_page(std::string_view text) {
    while (!text.empty() &&
           (text.front() == ' ' || text.front() == '\n' || text.front() == '\r' || text.front() == '\t'))
        text.remove_prefix(1);
    const std::string begin = to_lower(text.substr(0, 15));
    return begin.starts_with("<!doctype html") || begin.starts_with("<html") || begin.starts_with("<?xml");
}

bool is_text_name(std::string_view name) {
    static constexpr std::array<std::string_view, 11> endings{".json", ".txt", ".yaml", ".yml",  ".md",   ".csv",
                                                              ".html", ".py",  ".xml",  ".toml", ".jinja"};
    const std::string lower = to_lower(name);
    return std::any_of(endings.begin(), endings.end(), [&](std::string_view one) { return lower.ends_with(one); });
}

}  // namespace

Outcome meaning_of(const Refusal& refusal, UnixMs now) {
    const int status = refusal.status;
    if (status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501 && status != 505))
        return later(refusal, now);
    if (!refusal.at_origin && (status == 400 || status == 401 || status == 403 || status == 410))
        return {.kind = Outcome::Kind::again, .reason = "the store's link has expired; a new one is asked for"};
    if (refusal.hub == Hub::huggingface && refusal.at_origin) return of_huggingface(refusal);
    if (refusal.hub == Hub::civitai && refusal.at_origin) return of_civitai(refusal);
    const std::string said = own_words(refusal);
    if (status == 404 || status == 410) return failed("the server has no such file" + said, "look at the address");
    if (status == 401 || status == 403)
        return failed("the server does not give this file to everybody (status " + std::to_string(status) + ")" + said,
                      "a link with a signature may have expired: copy a new one");
    return failed("the server answered with status " + std::to_string(status) + said, "open the address in a browser");
}

std::string why_no_file(const Headers& headers, std::string_view beginning, std::string_view name) {
    if (is_text_name(name)) return {};
    const std::string whole = to_lower(header_of(headers, "content-type"));
    const std::string type(trim(std::string_view(whole).substr(0, whole.find(';'))));
    if (type == "text/html" || type == "application/xhtml+xml" || starts_like_a_page(beginning))
        return "a web page came in place of the file";
    if (type == "application/json" || type.ends_with("+json")) return "a message came in place of the file";
    return {};
}

}  // namespace tmplbuild::download
