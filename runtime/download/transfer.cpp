// SPDX-License-Identifier: Apache-2.0
#include "download/transfer.hpp"

#include <chrono>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "download/answers.hpp"
#include "download/header_words.hpp"
#include "io/http_exchange.hpp"

namespace tmplbuild::download {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int most_hops = 10;
constexpr std::size_t kept_words = 8 << 10, most_words = 64 << 10;  // bytes of an answer that is no file
constexpr std::chrono::milliseconds slowly{500};                    // a crash costs no more than what came in that time
constexpr std::uint64_t real_progress = 1 << 10;
constexpr std::size_t longest_tag = 1000;  // one that is longer is none

Outcome again(std::string reason) { return {.kind = Outcome::Kind::again, .reason = std::move(reason)}; }

Outcome of_volume(const Error& error) {
    if (error.kind == ErrorKind::interrupted) return {.kind = Outcome::Kind::stopped};
    if (is_full(error))
        return {.kind = Outcome::Kind::full,
                .reason = error.os_code == EDQUOT ? "the volume's quota is used up" : "the volume is full",
                .hint = "delete what is not needed, then resume: what is here already stays"};
    return failed(error.message, error.hint);
}

std::string unquoted(std::string text) {
    if (text.starts_with("W/")) text.erase(0, 2);
    std::erase(text, '"');
    return text;
}

std::optional<std::uint64_t> number_of(const std::string& text) {
    const auto number = parse_whole(text, 0, INT64_MAX);
    return number ? std::optional(static_cast<std::uint64_t>(*number)) : std::nullopt;
}

class Transfer {
  public:
    Transfer(const Item& item, const std::optional<std::string>& key, const TransferSettings& settings,
             const TransferCalls& calls, std::shared_ptr<PartFile>& part, Live& live, const std::stop_token& stop)
        : item_(item), key_(key), settings_(settings), calls_(calls), part_(part), live_(live), stop_(stop) {
        facts_.name = item.name;
        facts_.sha256 = item.sha256;
        facts_.size = item.size;
        facts_.part = item.part;
        facts_.guard = item.guard;
        facts_.url = item.url;
    }

    Outcome run();

  private:
    using End = std::optional<Outcome>;  // none: it goes on

    End prepare();
    Outcome end_of_named();
    Outcome fetch();
    io::HttpHop hop_to(const std::string& url, bool is_first);
    Result<void> take(const io::HttpReply& reply, std::string_view data);
    End begin(const io::HttpReply& reply, std::string_view beginning);
    End check_range(const io::HttpReply& reply, std::optional<std::uint64_t>& total);
    End check_name(const io::HttpReply& reply, std::string_view beginning);
    End check_space();
    End learn_from_hub(const io::HttpReply& reply);
    End from_zero();
    Outcome of_failure(const io::HttpOutcome& outcome);
    Outcome of_status(const io::HttpReply& reply);
    Outcome complete();
    Outcome give_name();
    // Whether the whole is proven, so that a part needs no word of the server that the file is the same.
    bool is_proven() const { return !facts_.sha256.empty() || is_by_hub_tag(); }
    bool is_by_hub_tag() const { return hub_ == Hub::huggingface && !facts_.guard.commit.empty(); }
    void tell() { calls_.learned(facts_); }

    const Item& item_;
    const std::optional<std::string>& key_;
    const TransferSettings& settings_;
    const TransferCalls& calls_;
    std::shared_ptr<PartFile>& part_;
    Live& live_;
    const std::stop_token& stop_;

    Facts facts_{};
    std::optional<Place> place_{};
    Hub hub_ = Hub::none;
    std::string url_{};  // of the present hop
    bool at_origin_ = true, sent_key_ = false;

    // Of the present exchange.
    bool begun_ = false, has_too_many_words_ = false;
    std::size_t words_size_ = 0;
    std::string words_{};
    std::uint64_t asked_from_ = 0;
    Clock::time_point heard_{}, passed_on_{};
    End end_{};
};

Outcome Transfer::run() {
    auto end = prepare();
    if (end) return *end;
    const bool is_whole = part_->size() != 0 && facts_.guard.size == part_->size();
    // Nothing would tell whether the server still has the file of which this is a part.
    if (!is_whole && part_->size() != 0 && !is_proven() && facts_.guard.tag.empty())
        if (end = from_zero(); end) return *end;
    const std::uint64_t before = part_->size();
    Outcome out = is_whole ? complete() : fetch();
    if (!part_) return out;
    if (const auto flushed = part_->flush(); !flushed && out.kind != Outcome::Kind::full)
        out = of_volume(flushed.error());
    live_.done_bytes = part_->size();
    out.went_on = part_->size() >= before + real_progress;
    if (out.kind == Outcome::Kind::failed && part_->size() == 0) place_->remove(facts_.part);
    if (out.kind == Outcome::Kind::full || out.kind == Outcome::Kind::failed) part_.reset();
    return out;
}

Transfer::End Transfer::prepare() {
    hub_ = hub_of(item_.url, settings_.endpoints);
    auto place = Place::open(settings_.roots, item_.to);
    if (!place) return of_volume(place.error());
    place_ = std::move(*place);
    if (!facts_.name.empty()) {
        const auto has = place_->has(facts_.name);
        if (!has) return of_volume(has.error());
        if (*has) return end_of_named();
    }
    const bool is_known = !facts_.part.empty();
    // By the download's own id, so that no other one writes to it or removes it.
    if (!is_known) facts_.part = (facts_.name.empty() ? "" : facts_.name + ".") + item_.id + ".tmplbuild-part";
    if (part_) return std::nullopt;
    auto fd = place_->open_part(facts_.part);
    if (!fd) return of_volume(fd.error());
    part_ = std::make_shared<PartFile>(std::move(*fd), place_->path() + "/" + facts_.part);
    // What a crash of the machine left may have holes: only a digest finds them.
    const bool is_trusted = is_known && (!facts_.sha256.empty() || facts_.guard.boot == settings_.boot);
    const auto taken = is_trusted ? part_->take_over(stop_) : part_->start_over();
    if (!taken) {
        part_.reset();
        return of_volume(taken.error());
    }
    if (!is_trusted) facts_.guard = {};
    live_.done_bytes = part_->size();
    return std::nullopt;
}

// A file has the name already. It is the one that is wanted where an earlier try was cut off after it gave the name,
// and before that was written down: the part is gone then.
Outcome Transfer::end_of_named() {
    const std::string path = place_->path() + "/" + facts_.name;
    const Outcome taken =
        failed("there is a file of this name already: " + path, "move or delete it, or download under another name");
    if (facts_.part.empty() || !facts_.guard.size || !place_->was_named(facts_.part, facts_.name, *facts_.guard.size))
        return taken;
    auto fd = place_->open_part(facts_.name);
    if (!fd) return taken;
    live_.is_verifying = true;
    PartFile named(std::move(*fd), path);
    if (const auto read = named.take_over(stop_); !read) return of_volume(read.error());
    const std::string sha256 = named.digest().hex();
    if (!facts_.sha256.empty() && facts_.sha256 != sha256) return taken;
    part_.reset();
    facts_.sha256 = sha256;
    facts_.size = facts_.guard.size;
    tell();
    return {.kind = Outcome::Kind::done};
}

io::HttpHop Transfer::hop_to(const std::string& url, bool is_first) {
    io::HttpHop hop;
    hop.url = url;
    hop.ca_file = settings_.ca_file;
    hop.netrc = false;
    hop.headers = {"Accept-Encoding: identity"};
    asked_from_ = part_->size();
    if (asked_from_ != 0) hop.headers.push_back("Range: bytes=" + std::to_string(asked_from_) + "-");
    if (asked_from_ != 0 && !is_proven()) hop.headers.push_back("If-Range: " + facts_.guard.tag);
    sent_key_ = key_ && takes_key(hub_, url, is_first, settings_.endpoints);
    if (sent_key_) hop.headers.push_back("Authorization: Bearer " + *key_);
    at_origin_ =
        is_first || (hub_ != Hub::none && origin_of(url) == origin_of(first_url(item_.url, settings_.endpoints)));
    begun_ = has_too_many_words_ = false;
    words_.clear();
    words_size_ = 0;
    heard_ = Clock::now();
    return hop;
}

Result<void> Transfer::take(const io::HttpReply& reply, std::string_view data) {
    heard_ = Clock::now();
    if (reply.status != 200 && reply.status != 206) {
        words_size_ += data.size();
        has_too_many_words_ = words_size_ > most_words;
        if (has_too_many_words_) return network_error("its words are too many");
        words_.append(data.substr(0, kept_words - std::min(kept_words, words_.size())));
        return {};
    }
    if (!begun_) {
        end_ = begin(reply, data);
        if (end_) return network_error(end_->reason);
    }
    if (facts_.guard.size && part_->size() + data.size() > *facts_.guard.size) {
        end_ = again("the server sent more than the file's size");
        return network_error(end_->reason);
    }
    auto put = part_->put(data);
    if (put && heard_ - passed_on_ > slowly) {
        put = part_->pass_on();
        passed_on_ = heard_;
    }
    if (!put) {
        end_ = of_volume(put.error());
        return put.error();
    }
    live_.done_bytes = part_->size();
    return {};
}

Transfer::End Transfer::from_zero() {
    if (const auto emptied = part_->start_over(); !emptied) return of_volume(emptied.error());
    live_.done_bytes = 0;
    facts_.guard = {};
    tell();  // or the next try would hold the file to what it no longer is
    return std::nullopt;
}

// What has to be the same for a part to go on: a strong ETag, else the time of the last change (RFC 9110, 13.1.5).
std::string validator_of(const io::HttpReply& reply) {
    std::string tag = header_of(reply.headers, "etag");
    if (tag.empty() || tag.starts_with("W/")) tag = header_of(reply.headers, "last-modified");
    return tag.size() <= longest_tag ? tag : "";
}

Transfer::End Transfer::learn_from_hub(const io::HttpReply& reply) {
    if (hub_ != Hub::huggingface || !at_origin_) return std::nullopt;
    const std::string commit = header_of(reply.headers, "x-repo-commit");
    if (commit.empty()) return std::nullopt;
    const std::string tag = unquoted(header_of(reply.headers, "x-linked-etag"));
    if (part_->size() != 0 && !facts_.guard.tag.empty() && !tag.empty() && tag != facts_.guard.tag)
        if (auto end = from_zero()) return end;
    if (const auto digest = Digest::parse_hex(tag)) {
        if (!facts_.sha256.empty() && facts_.sha256 != digest->hex())
            return failed("Hugging Face has another file there than the one that is wanted: its SHA-256 is " +
                              digest->hex() + ", not " + facts_.sha256,
                          "the file was replaced: correct the entry, or name an older commit in the address");
        facts_.sha256 = digest->hex();
    }
    if (const auto size = number_of(header_of(reply.headers, "x-linked-size"))) {
        if (item_.wanted_size && *item_.wanted_size != *size)
            return failed("Hugging Face has " + std::to_string(*size) + " bytes there, " +
                              std::to_string(*item_.wanted_size) + " are wanted",
                          "the file was replaced: correct the entry, or name an older commit in the address");
        facts_.size = facts_.guard.size = size;
    }
    facts_.guard.commit = commit;
    if (!tag.empty()) facts_.guard.tag = tag;
    facts_.url = pinned_url(facts_.url, commit, settings_.endpoints);
    return std::nullopt;
}

// Whether the body goes on where the part ends; `total` is the whole file's size where the server says it.
Transfer::End Transfer::check_range(const io::HttpReply& reply, std::optional<std::uint64_t>& total) {
    const std::string tag = validator_of(reply);
    if (reply.status == 200) {
        total = number_of(header_of(reply.headers, "content-length"));
        if (asked_from_ != 0) {
            const Guard kept = facts_.guard;
            if (auto end = from_zero()) return end;
            if (!kept.commit.empty()) facts_.guard = kept;  // the hub's own words about the file still count
        }
    } else {
        const auto range = content_range(header_of(reply.headers, "content-range"));
        if (!range || range->first != asked_from_ || range->first != part_->size())
            return again("the server sent another range than the one asked for");
        total = range->size;
        const auto& known = facts_.guard.size;
        const bool changed =
            (total && known && *total != *known) || (asked_from_ != 0 && !is_proven() && facts_.guard.tag != tag);
        if (changed) {
            if (auto end = from_zero()) return end;
            return again("the file changed at its server: it starts again from the beginning");
        }
    }
    if (!is_by_hub_tag()) facts_.guard.tag = tag;
    return std::nullopt;
}

Transfer::End Transfer::check_name(const io::HttpReply& reply, std::string_view beginning) {
    if (facts_.name.empty()) {
        facts_.name = disposition_name(header_of(reply.headers, "content-disposition"));
        if (facts_.name.empty()) facts_.name = disposition_name_in_url(url_);
        if (facts_.name.empty() && hub_ != Hub::civitai) facts_.name = name_in(item_.url);
    }
    if (const std::string why = why_no_file(reply.headers, beginning, facts_.name); !why.empty()) {
        std::string said = visible(beginning.substr(0, 160));
        return failed(why + " (it begins: " + said + ")",
                      hub_ == Hub::civitai ? "the model may want a key of CivitAI, or an account that may see it"
                                           : "open the address in a browser: it may want a login, or lead to a page");
    }
    if (facts_.name.empty()) return failed("the server does not say what the file is called", "give it a name");
    const auto has = place_->has(facts_.name);
    if (!has) return of_volume(has.error());
    if (*has)
        return failed("there is a file of this name already: " + place_->path() + "/" + facts_.name,
                      "move or delete it, or download under another name");
    return std::nullopt;
}

Transfer::End Transfer::check_space() {
    if (!facts_.guard.size) return std::nullopt;
    const std::uint64_t needed = *facts_.guard.size - std::min(*facts_.guard.size, part_->size());
    const auto free = place_->free_bytes();
    if (!free || *free >= needed) return std::nullopt;
    return Outcome{
        .kind = Outcome::Kind::full,
        .reason = "the file needs " + human_bytes(needed) + " more, and the volume has " + human_bytes(*free) + " free",
        .hint = "delete what is not needed, then resume: what is here already stays"};
}

Transfer::End Transfer::begin(const io::HttpReply& reply, std::string_view beginning) {
    begun_ = true;
    if (auto end = learn_from_hub(reply)) return end;
    const std::string coding = to_lower(header_of(reply.headers, "content-encoding"));
    if (!coding.empty() && coding != "identity")
        return again("the server sent the file compressed, and was asked not to");
    std::optional<std::uint64_t> total;
    if (auto end = check_range(reply, total)) return end;
    if (auto end = check_name(reply, beginning)) return end;
    const auto wanted = facts_.guard.size ? facts_.guard.size : item_.wanted_size;
    if (total && wanted && *total != *wanted)
        return failed(
            "the server has " + std::to_string(*total) + " bytes there, " + std::to_string(*wanted) + " are wanted",
            "the file was replaced, or the address is another file's");
    if (total) facts_.size = facts_.guard.size = total;
    // A server that says no length is held to the size that was ordered.
    if (!total && wanted) facts_.guard.size = wanted;
    facts_.guard.boot = settings_.boot;
    if (auto end = check_space()) return end;
    tell();
    return std::nullopt;
}

Outcome Transfer::of_failure(const io::HttpOutcome& outcome) {
    if (stop_.stop_requested()) return {.kind = Outcome::Kind::stopped};
    const Error& error = *outcome.failure;
    if (io::is_kept_out(error))
        return failed(error.message, "CONSOLE_DOWNLOAD_PRIVATE=1 lets downloads come from private networks");
    if (!outcome.may_pass) return failed(error.message, error.hint);
    const std::string from = part_->size() == 0 ? "" : ", from " + human_bytes(part_->size()) + " on";
    const auto silence = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - heard_);
    if (!outcome.not_sent && silence >= settings_.patience.stall)
        return {.kind = Outcome::Kind::stalled,
                .reason = "no byte came for " + whole_seconds(settings_.patience.stall.count()) +
                          ": it is tried again" + from};
    return again(error.message + ": it is tried again" + from);
}

Outcome Transfer::of_status(const io::HttpReply& reply) {
    if (reply.status == 416 && asked_from_ != 0) {
        const auto range = content_range(header_of(reply.headers, "content-range"));
        if (range && range->size == asked_from_ && (!facts_.guard.size || facts_.guard.size == range->size))
            return complete();
        if (auto end = from_zero()) return *end;
        return again("the server has no such part of the file: it starts again from the beginning");
    }
    return meaning_of({hub_, at_origin_, sent_key_, reply.status, reply.headers, words_}, calls_.now());
}

bool is_redirect(const io::HttpReply& reply) {
    const int status = reply.status;
    return (status == 301 || status == 302 || status == 303 || status == 307 || status == 308) &&
           reply.headers.contains("location");
}

Outcome Transfer::fetch() {
    url_ = first_url(item_.url, settings_.endpoints);
    io::HttpConnection connection(settings_.patience, settings_.kept_out);
    for (int hops = 0; hops < most_hops; ++hops) {
        const io::HttpHop hop = hop_to(url_, hops == 0);
        const auto outcome = connection.exchange(
            hop, [this](const io::HttpReply& reply, std::string_view data) { return take(reply, data); }, stop_);
        if (end_) return *end_;
        if (outcome.failure && !has_too_many_words_) return of_failure(outcome);
        const io::HttpReply& reply = outcome.reply;
        if (reply.status == 200 || reply.status == 206) {
            if (!begun_)
                if (auto end = begin(reply, "")) return *end;
            return complete();
        }
        if (!is_redirect(reply)) return of_status(reply);
        if (auto end = learn_from_hub(reply)) return *end;
        const auto next = io::join_url(url_, reply.headers.at("location"));
        if (!next) return failed(next.error().message);
        if (url_.starts_with("https:") && !next->starts_with("https:"))
            return failed("'" + shown_url(url_) + "' leads from https to http, where anybody could change the file");
        if (hub_ == Hub::civitai && origin_of(*next) == origin_of(url_) && next->find("/login") != std::string::npos)
            return meaning_of({hub_, true, sent_key_, 401, {}, {}}, calls_.now());
        url_ = *next;
    }
    return failed("'" + shown_url(item_.url) + "' leads from one address to the next without end");
}

Outcome Transfer::complete() {
    if (facts_.guard.size && part_->size() != *facts_.guard.size)
        return again("the file ended early: it is tried again");
    live_.is_verifying = true;
    if (const auto synced = part_->sync(); !synced) return of_volume(synced.error());
    const std::string sha256 = part_->digest().hex();
    const std::uint64_t size = part_->size();
    part_.reset();
    if (!facts_.sha256.empty() && facts_.sha256 != sha256) {
        place_->remove(facts_.part);
        facts_.part.clear();
        facts_.guard = {};
        tell();
        return failed("the bytes that came are not the file that is wanted: their SHA-256 is " + sha256 + ", not " +
                          facts_.sha256 + "; they were removed",
                      "try again; if it is the same then, the file was replaced at its server");
    }
    facts_.sha256 = sha256;
    facts_.size = size;
    return give_name();
}

Outcome Transfer::give_name() {
    const auto named = place_->finish(facts_.part, facts_.name);
    if (!named && named.error().os_code == EEXIST)
        return failed("a file of this name came meanwhile: " + place_->path() + "/" + facts_.name +
                          "; what was downloaded lies beside it as " + facts_.part,
                      "move or delete the other one, then try again");
    if (!named) return of_volume(named.error());
    tell();
    return {.kind = Outcome::Kind::done};
}

}  // namespace

Outcome run_transfer(const Item& item, const std::optional<std::string>& key, const TransferSettings& settings,
                     const TransferCalls& calls, std::shared_ptr<PartFile>& part, Live& live,
                     const std::stop_token& stop) {
    return Transfer(item, key, settings, calls, part, live, stop).run();
}

}  // namespace tmplbuild::download
