// SPDX-License-Identifier: Apache-2.0
// Redirects, retries, bodies and files on top of io/http_exchange.hpp.
#include "io/http.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <mutex>
#include <vector>

#include "base/text.hpp"
#include "io/http_exchange.hpp"
#include "sys/fd.hpp"
#include "sys/file.hpp"
#include "sys/pause.hpp"

namespace tmplbuild::io {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

namespace {

constexpr int new_tries = 4;
constexpr std::uint64_t longest_redirect = 64 << 10;  // bytes of the texts of all redirects of one request
constexpr int longest_chain = 10;                     // of redirects
constexpr std::uint64_t longest_words = 1ULL << 20;   // bytes; longest text of an error in place of a body to stream
// After that many bytes of an interrupted download, the count of tries starts again.
constexpr std::uint64_t enough = 1ULL << 20;

bool is_redirect(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// RFC 6585 section 4, RFC 9110 section 15.6; a retry cannot change 501 and 505.
bool may_pass(int status) { return status == 429 || (status >= 500 && status != 501 && status != 505); }

// RFC 9110 section 9.2.2: methods whose requests may be sent twice with the same effect.
bool is_idempotent(HttpMethod method) { return method != HttpMethod::post && method != HttpMethod::patch; }

bool may_be_repeated(const HttpRequest& request) { return is_idempotent(request.method) && !request.caller_goes_on; }

bool is_hope(const HttpRequest& request, const HttpOutcome& outcome) {
    if (outcome.failure) return outcome.may_pass && (may_be_repeated(request) || outcome.not_sent);
    const int status = outcome.reply.status;
    // These two say that nothing was done. A proxy may say them of an upload that has taken a part of the body.
    const bool is_undone = (status == 429 || status == 503) && !(request.caller_goes_on && outcome.body_sent != 0);
    return may_pass(status) && (may_be_repeated(request) || is_undone);
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return {};
    return value;
}

std::string header(const HttpReply& reply, const std::string& name) {
    const auto at = reply.headers.find(name);
    return at == reply.headers.end() ? "" : at->second;
}

Error interrupted(const std::string& url) {
    return Error{.kind = ErrorKind::interrupted, .message = "stopped while fetching " + printable_url(url)};
}

Error too_large(const HttpRequest& request) {
    return network_error(printable_url(request.url) + " is larger than the limit of " + human_bytes(request.limit));
}

// RFC 9110 sections 15.4.2 to 15.4.4, in the way of browsers and curl.
void redirect_method(HttpHop& hop, int status) {
    const bool as_get = status == 303 ? hop.method != HttpMethod::head
                                      : (status == 301 || status == 302) && hop.method == HttpMethod::post;
    if (!as_get) return;
    hop.method = HttpMethod::get;
    hop.body = nullptr;
}

// The pauses between the tries of one request.
class Tries {
  public:
    Tries(const HttpPatience& patience, std::stop_token stop) : patience_(patience), stop_(std::move(stop)) {}

    // Waits and returns true; false when no try is left or `stop` was requested.
    bool again(const HttpRequest& request, const HttpReply& reply) {
        if (used_ == new_tries) return false;
        HttpPause wait{std::min(patience_.first_pause * (1 << used_++), patience_.longest_pause), reply.status, false};
        // RFC 9110, section 10.2.3. Its other form, a date, is ignored, since the machine's clock may be wrong.
        if (const auto asked = number(header(reply, "retry-after"))) {
            const Milliseconds length(std::min<std::uint64_t>(*asked, 86400) * 1000);
            // The server asked for no request before that time.
            if (length > patience_.longest_pause) return false;
            if (length > wait.length) wait = {length, reply.status, true};
        }
        if (request.on_pause) request.on_pause(wait);
        return sys::pause_for(wait.length, stop_);
    }
    void start_over() { used_ = 0; }
    const std::stop_token& stop() const { return stop_; }

  private:
    HttpPatience patience_;
    std::stop_token stop_;
    int used_ = 0;
};

}  // namespace

struct HttpClient::Impl {
    HttpPatience patience;
    std::mutex mutex;
    std::map<std::set<AddressClass>, std::vector<std::unique_ptr<HttpConnection>>> idle;  // under mutex

    std::unique_ptr<HttpConnection> take(const std::set<AddressClass>& kept_out) {
        const std::scoped_lock lock(mutex);
        auto& of_rule = idle[kept_out];
        if (of_rule.empty()) return std::make_unique<HttpConnection>(patience, kept_out);
        auto one = std::move(of_rule.back());
        of_rule.pop_back();
        return one;
    }
    void give_back(const std::set<AddressClass>& kept_out, std::unique_ptr<HttpConnection> one) {
        const std::scoped_lock lock(mutex);
        idle[kept_out].push_back(std::move(one));
    }

    struct Answer : HttpOutcome {
        std::string url;  // after the last redirect
    };
    // One try, redirects followed. `sink` does not get the bodies of redirects.
    Answer follow(const HttpRequest& request, const std::vector<std::string>& own_headers, bool decode,
                  const HttpSink& sink, const std::stop_token& stop);
};

namespace {

// The headers that may be sent to any host to which a redirect leads.
std::vector<std::string> open_headers_of(const HttpRequest& request, std::vector<std::string> more) {
    for (const auto& [name, value] : request.open_headers) more.push_back(join({name, value}, ": "));
    return more;
}

// Sets `hop` to the address to which `reply` redirects, by the request's own rules; an error where that is not
// permitted.
Result<void> redirect(const HttpRequest& request, const std::vector<std::string>& open_headers, const HttpReply& reply,
                      HttpHop& hop) {
    auto next = http_target(hop.url, header(reply, "location"));
    if (next && request.may_redirect)
        if (auto may = request.may_redirect(next->url); !may) next = may.error();
    if (!next) return next.error().while_doing("following a redirect of " + printable_url(request.url));
    hop.url = next->url;
    redirect_method(hop, reply.status);
    if (!next->same_origin) {  // the caller's headers are for its own host alone
        hop.headers = open_headers;
        hop.user.clear();
        hop.insecure = false;
    }
    if (!next->user.empty()) hop.user = next->user;
    return {};
}

}  // namespace

HttpClient::Impl::Answer HttpClient::Impl::follow(const HttpRequest& request,
                                                  const std::vector<std::string>& own_headers, bool decode,
                                                  const HttpSink& sink, const std::stop_token& stop) {
    Answer answer;
    auto target = http_target("", request.url);
    if (!target) {
        answer.failure = target.error();
        return answer;
    }
    const std::vector<std::string> open_headers = open_headers_of(request, own_headers);
    HttpHop hop{target->url,
                open_headers,
                request.user.empty() ? target->user : request.user,
                request.ca_file,
                request.insecure,
                decode,
                request.method,
                request.body ? &*request.body : nullptr,
                request.netrc,
                request.caller_goes_on,
                request.until_answer};
    for (const auto& [name, value] : request.headers) hop.headers.push_back(join({name, value}, ": "));
    std::uint64_t passed_over = 0;  // bytes of the redirects' own texts, which nobody reads
    const HttpSink last_only = [&](const HttpReply& reply, std::string_view data) -> Result<void> {
        if (!is_redirect(reply.status) || !reply.headers.contains("location")) return sink(reply, data);
        passed_over += data.size();
        if (passed_over <= longest_redirect) return {};
        return network_error(printable_url(hop.url) + " redirects with a text of more than " +
                             human_bytes(longest_redirect));
    };
    std::set<AddressClass> kept_out = request.kept_out;
    for (int hops = 0; hops <= longest_chain; ++hops) {
        auto connection = take(kept_out);
        static_cast<HttpOutcome&>(answer) = connection->exchange(hop, last_only, stop);
        give_back(kept_out, std::move(connection));
        answer.url = hop.url;
        if (answer.failure || !is_redirect(answer.reply.status) || header(answer.reply, "location").empty())
            return answer;
        if (hops == 0 && request.redirects_stay_near) kept_out.merge(kept_out_by(answer.peer));
        if (auto next = redirect(request, open_headers, answer.reply, hop); !next) {
            answer.failure = next.error();
            return answer;
        }
    }
    answer.failure =
        network_error(printable_url(request.url) + " redirects more than " + std::to_string(longest_chain) + " times");
    return answer;
}

HttpClient::HttpClient(HttpPatience patience) : impl_(std::make_unique<Impl>()) { impl_->patience = patience; }
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;

Result<HttpResponse> HttpClient::send(const HttpRequest& request, std::stop_token stop) {
    return stream(request, nullptr, std::move(stop));
}

namespace {

// A body that is requested from a later byte on (RFC 9110, section 14.2). A server without ranges sends all of it.
class FromByte {
  public:
    explicit FromByte(const HttpRequest& request) : request_(request), left_out_(request.first_byte) {}

    std::vector<std::string> headers() const {
        if (request_.first_byte == 0) return {};
        return {"Range: bytes=" + std::to_string(request_.first_byte) + "-"};
    }
    // The part of `data`, the next bytes of the reply, that was requested.
    Result<std::string_view> wanted(const HttpReply& reply, std::string_view data) {
        if (reply.status == 206) {
            const std::string begin = "bytes " + std::to_string(request_.first_byte) + "-";
            if (header(reply, "content-range").starts_with(begin)) return data;
            return network_error(printable_url(request_.url) + " sent another range than the one asked for");
        }
        const std::size_t skipped = static_cast<std::size_t>(std::min<std::uint64_t>(left_out_, data.size()));
        left_out_ -= skipped;
        return data.substr(skipped);
    }

  private:
    const HttpRequest& request_;
    std::uint64_t left_out_;
};

}  // namespace

Result<HttpResponse> HttpClient::stream(const HttpRequest& request, const HttpBodySink& to, std::stop_token stop) {
    Tries tries(impl_->patience, std::move(stop));
    for (;;) {
        std::string body;
        std::uint64_t size = 0;
        bool given_on = false;  // whether `to` has got bytes, which cannot be taken back
        FromByte from(request);
        const HttpSink sink = [&](const HttpReply& reply, std::string_view data) -> Result<void> {
            size += data.size();
            const bool is_kept = !to || reply.status < 200 || reply.status >= 300;
            if (size > request.limit || (to && is_kept && size > longest_words)) return too_large(request);
            if (is_kept) {
                body.append(data);
                return {};
            }
            auto wanted = from.wanted(reply, data);
            if (!wanted) return wanted.error();
            if (wanted->empty()) return {};
            given_on = true;
            return to(*wanted);
        };
        Impl::Answer answer = impl_->follow(request, from.headers(), !request.as_it_lies, sink, tries.stop());
        if (!given_on && is_hope(request, answer) && tries.again(request, answer.reply)) continue;
        if (tries.stop().stop_requested()) return interrupted(request.url);
        if (answer.failure) return *answer.failure;
        return HttpResponse{answer.reply.status, std::move(answer.reply.headers), std::move(body), answer.url,
                            answer.peer};
    }
}

namespace {

// A file that grows over several tries while its digest is computed. It gets its final name when it is complete.
class PartialFile {
  public:
    PartialFile(const HttpRequest& request, const fs::path& file,
                const std::function<void(std::uint64_t, std::uint64_t)>& progress)
        : request_(request),
          file_(file),
          part_(file.parent_path() / ("." + file.filename().string() + ".part-" + sys::unique_suffix())),
          progress_(progress) {}
    ~PartialFile() { ::unlink(part_.c_str()); }
    PartialFile(const PartialFile&) = delete;
    PartialFile& operator=(const PartialFile&) = delete;

    Result<void> open() {
        auto fd = sys::open_fd(part_, O_WRONLY | O_CREAT | O_EXCL, 0644);
        if (!fd) return fd.error();
        fd_ = std::move(*fd);
        return {};
    }

    std::uint64_t size() const { return size_; }

    // Headers that ask for the rest, and only of the same content (RFC 9110, sections 14.2 and 13.1.5).
    std::vector<std::string> range_headers() {
        begun_ = false;
        if (size_ == 0) return {};
        std::vector<std::string> out = {"Range: bytes=" + std::to_string(size_) + "-"};
        if (!validator_.empty()) out.push_back("If-Range: " + validator_);
        return out;
    }

    Result<void> take(const HttpReply& reply, std::string_view data) {
        if (reply.status != 200 && reply.status != 206) return {};
        if (!begun_)
            if (auto ready = begin(reply); !ready) return ready;
        if (size_ + data.size() > request_.limit) return too_large(request_);
        if (auto written = sys::write_all(fd_.get(), sys::as_bytes(data), part_.string()); !written) return written;
        hasher_.update(data);
        size_ += data.size();
        const auto now = Clock::now();
        if (progress_ && now - told_ >= Milliseconds(100)) {
            told_ = now;
            progress_(size_, total_);
        }
        return {};
    }

    // Drops everything received so far.
    Result<void> start_over() {
        size_ = 0;
        hasher_ = Sha256();
        if (::ftruncate(fd_.get(), 0) != 0 || ::lseek(fd_.get(), 0, SEEK_SET) != 0)
            return os_error("empty", part_.string(), errno);
        return {};
    }

    Result<HttpDownload> finish(const HttpReply& reply) {
        if (!begun_)  // an empty body
            if (auto ready = begin(reply); !ready) return ready.error();
        fd_.reset();
        if (::rename(part_.c_str(), file_.c_str()) != 0) return os_error("rename a download to", file_.string(), errno);
        if (progress_) progress_(size_, size_);
        return HttpDownload{hasher_.finish(), size_};
    }

  private:
    // Looks at the beginning of a reply: it either continues where the last one ended, or starts from the first byte.
    Result<void> begin(const HttpReply& reply) {
        begun_ = true;
        const auto length = number(header(reply, "content-length"));
        const std::string range = header(reply, "content-range");  // "bytes 100-199/200"
        const bool goes_on = reply.status == 206 && range.starts_with("bytes " + std::to_string(size_) + "-");
        if (!goes_on) {
            if (reply.status == 206)
                return network_error(printable_url(request_.url) + " sent another range than the one asked for");
            if (auto emptied = start_over(); !emptied) return emptied;
        }
        total_ = length ? size_ + *length : 0;
        // A weak validator does not promise the same bytes.
        validator_ = header(reply, "etag");
        if (validator_.starts_with("W/")) validator_.clear();
        if (total_ > request_.limit) return too_large(request_);
        return {};
    }

    const HttpRequest& request_;
    fs::path file_, part_;
    const std::function<void(std::uint64_t, std::uint64_t)>& progress_;
    sys::Fd fd_;
    Sha256 hasher_;
    std::uint64_t size_ = 0, total_ = 0;
    std::string validator_;
    bool begun_ = false;
    Clock::time_point told_{};
};

}  // namespace

Result<HttpDownload> HttpClient::download(const HttpRequest& request, const fs::path& file,
                                          const std::function<void(std::uint64_t, std::uint64_t)>& progress,
                                          std::stop_token stop) {
    PartialFile part(request, file, progress);
    if (auto opened = part.open(); !opened) return opened.error();
    Tries tries(impl_->patience, std::move(stop));
    const HttpSink sink = [&part](const HttpReply& reply, std::string_view data) { return part.take(reply, data); };
    for (;;) {
        const std::uint64_t before = part.size();
        const Impl::Answer answer = impl_->follow(request, part.range_headers(), false, sink, tries.stop());
        const int status = answer.reply.status;
        if (!answer.failure && (status == 200 || status == 206)) return part.finish(answer.reply);
        if (part.size() >= before + enough) tries.start_over();
        const bool range_refused = !answer.failure && status == 416 && before > 0;
        if (range_refused)
            if (auto emptied = part.start_over(); !emptied) return emptied.error();
        if ((range_refused || is_hope(request, answer)) && tries.again(request, answer.reply)) continue;
        if (tries.stop().stop_requested()) return interrupted(request.url);
        if (answer.failure) return *answer.failure;
        return network_error("cannot fetch " + printable_url(request.url) + ": HTTP status " + std::to_string(status));
    }
}

}  // namespace tmplbuild::io
