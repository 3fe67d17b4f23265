// SPDX-License-Identifier: Apache-2.0
#include "io/http_exchange.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "base/text.hpp"
#include "io/certificates.hpp"
#include "io/http_proxy.hpp"
#include "io/http_speed.hpp"

namespace tmplbuild::io {

using Clock = std::chrono::steady_clock;

namespace {

// Done once, before the first handle: curl_global_init must not be called twice at once.
bool start_libcurl() {
    static const CURLcode code = ::curl_global_init(CURL_GLOBAL_DEFAULT);
    return code == CURLE_OK;
}

struct FreeList {
    void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

constexpr std::size_t header_limit = 256 << 10;  // bytes, of one exchange

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

// The state of one exchange, for libcurl's callbacks.
struct Exchange {
    CURL* easy;
    const HttpSink& sink;
    const HttpHop& hop;
    const std::set<AddressClass>& kept_out;
    const ProxyAddresses& proxies;
    HttpReply reply{};
    std::optional<Error> refused{};  // by the sink, by the source of the body, or because of the address
    std::uint64_t sent = 0;          // bytes of the body
    std::size_t header_bytes = 0;
    Clock::time_point heard = Clock::now();
    HttpSpeed speed{heard};

    // The server was sent all and has not begun to answer.
    bool is_awaited() const { return header_bytes == 0 && sent == (hop.body == nullptr ? 0 : hop.body->size); }
    // Why the transfer is to be cut; nullptr: it goes on.
    const char* why_too_slow(const HttpPatience& patience) {
        const bool is_idle = is_awaited();
        if (Clock::now() - heard > (is_idle ? std::max(patience.stall, hop.until_answer) : patience.stall))
            return "no byte came for too long";
        if (is_idle) speed.start_over(Clock::now());
        return speed.is_too_low(patience, Clock::now()) ? "its bytes move too slowly" : nullptr;
    }
    // What the caller took to give or take bytes is not the server's silence.
    void was_ours(Clock::time_point since, std::size_t bytes) {
        heard = Clock::now();
        speed.leave_out(heard - since);
        speed.moved(bytes);
    }
};

std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
    auto& running = *static_cast<Exchange*>(user);
    running.heard = Clock::now();
    running.header_bytes += size;
    if (running.header_bytes > header_limit) {
        running.refused = network_error(printable_url(running.hop.url) + " answers with headers of more than " +
                                        human_bytes(header_limit));
        return size + 1;  // any other number than `size` ends the transfer
    }
    const std::string_view line = trim(std::string_view(data, size));
    if (line.starts_with("HTTP/")) {  // a "100 Continue" or the real response: the last one counts
        running.reply = {};
        return size;
    }
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    const std::string name = to_lower(line.substr(0, colon));
    const std::string value(trim(line.substr(colon + 1)));
    auto [at, fresh] = running.reply.headers.emplace(name, value);
    if (!fresh) at->second += ", " + value;  // RFC 9110, section 5.3
    return size;
}

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
    auto& running = *static_cast<Exchange*>(user);
    const auto begin = Clock::now();
    long status = 0;
    ::curl_easy_getinfo(running.easy, CURLINFO_RESPONSE_CODE, &status);
    running.reply.status = static_cast<int>(status);
    if (auto taken = running.sink(running.reply, std::string_view(data, size)); !taken) {
        running.refused = taken.error();
        return size + 1;  // any other number than `size` ends the transfer
    }
    running.was_ours(begin, size);
    return size;
}

std::size_t on_read(char* into, std::size_t, std::size_t size, void* user) {
    auto& running = *static_cast<Exchange*>(user);
    const auto begin = running.heard = Clock::now();
    const std::uint64_t left = running.hop.body->size - running.sent;
    if (left == 0) return 0;
    const std::span<char> place(into, static_cast<std::size_t>(std::min<std::uint64_t>(left, size)));
    auto read = running.hop.body->read(running.sent, std::as_writable_bytes(place));
    if (read && *read == 0) read = build_error("a body that is sent ended early");
    if (!read) {
        running.refused = read.error();
        return CURL_READFUNC_ABORT;
    }
    running.sent += *read;
    running.was_ours(begin, *read);
    return *read;
}

const char* words(AddressClass kind) {
    switch (kind) {
        case AddressClass::open:
            return "the internet";
        case AddressClass::local:
            return "a private network";
        case AddressClass::loopback:
            return "this machine itself";
        case AddressClass::link_local:
            break;
    }
    return "addresses that no server may send anybody to";
}

Error leads_inside(const HttpHop& hop, AddressClass kind) {
    Error error = network_error("'" + printable_url(hop.url) + "' leads to " + words(kind) + ", and is not asked");
    error.os_code = EACCES;  // as a firewall's refusal
    return error;
}

curl_socket_t on_socket(void* user, curlsocktype, curl_sockaddr* wanted) {
    auto& running = *static_cast<Exchange*>(user);
    const AddressClass kind = address_class(wanted->addr);
    if (running.kept_out.contains(kind) && !running.proxies.contains(wanted->addr)) {
        running.refused = leads_inside(running.hop, kind);
        return CURL_SOCKET_BAD;
    }
    return ::socket(wanted->family, wanted->socktype | SOCK_CLOEXEC, wanted->protocol);
}

// libcurl seeks back when a kept connection turns out to be closed, or when the server asks for authentication.
int on_seek(void* user, curl_off_t offset, int origin) {
    if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
    auto& running = *static_cast<Exchange*>(user);
    // The server may have what was sent already.
    if (running.hop.caller_goes_on && running.sent > static_cast<std::uint64_t>(offset)) return CURL_SEEKFUNC_FAIL;
    running.sent = static_cast<std::uint64_t>(offset);
    return CURL_SEEKFUNC_OK;
}

bool is_without_connection(CURLcode code) {
    return code == CURLE_COULDNT_RESOLVE_PROXY || code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT;
}

// Whether a failure that libcurl reports may pass at a retry.
bool is_passing(CURLcode code) {
    switch (code) {
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_CONNECT:
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_PARTIAL_FILE:
        case CURLE_OPERATION_TIMEDOUT:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_GOT_NOTHING:
        case CURLE_SEND_ERROR:
        case CURLE_RECV_ERROR:
        case CURLE_HTTP2:
        case CURLE_HTTP2_STREAM:
        case CURLE_BAD_CONTENT_ENCODING:
            return true;
        default:
            return false;
    }
}

Error failure_of(CURLcode code, const HttpHop& hop, const std::string& said) {
    const std::string& url = hop.url;
    const std::string what = hop.body == nullptr ? "fetch" : "send to";
    const std::string why = said.empty() ? std::string(::curl_easy_strerror(code)) : said;
    Error error = network_error("cannot " + what + " " + printable_url(url) + ": " + why);
    if (code == CURLE_SSL_CACERT_BADFILE) {
        error.kind = ErrorKind::machine;
        error.hint = "CURL_CA_BUNDLE, SSL_CERT_FILE or pip's `cert` name a file that cannot be read";
    } else if (code == CURLE_PEER_FAILED_VERIFICATION) {
        error.hint = "if the network has a certificate authority of its own, set SSL_CERT_FILE to its bundle";
    }
    return error;
}

void set_certificates(CURL* easy, const HttpHop& hop) {
    ::curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, hop.insecure ? 0L : 1L);
    ::curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, hop.insecure ? 0L : 2L);
    // Unlike the tool curl, the library reads none of these variables.
    for (const std::string& file : {hop.ca_file.string(), environment("CURL_CA_BUNDLE"), environment("SSL_CERT_FILE")})
        if (!file.empty()) {
            ::curl_easy_setopt(easy, CURLOPT_CAINFO, file.c_str());
            return;
        }
    if (const std::string folder = environment("SSL_CERT_DIR"); !folder.empty())
        ::curl_easy_setopt(easy, CURLOPT_CAPATH, folder.c_str());
    else if (const std::string file = default_certificates().string(); !file.empty())
        ::curl_easy_setopt(easy, CURLOPT_CAINFO, file.c_str());
}

void set_user(CURL* easy, const HttpHop& hop) {
    if (hop.user.empty() && !hop.netrc) return;
    if (hop.user.empty()) {
        ::curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_OPTIONAL));
        if (const std::string file = environment("NETRC"); !file.empty())
            ::curl_easy_setopt(easy, CURLOPT_NETRC_FILE, file.c_str());
        return;
    }
    const std::size_t colon = hop.user.find(':');
    ::curl_easy_setopt(easy, CURLOPT_USERNAME, hop.user.substr(0, colon).c_str());
    ::curl_easy_setopt(easy, CURLOPT_PASSWORD, colon == std::string::npos ? "" : hop.user.substr(colon + 1).c_str());
}

void set_method(CURL* easy, const HttpHop& hop, Exchange& running) {
    if (hop.method == HttpMethod::head) ::curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    if (hop.method != HttpMethod::get && hop.method != HttpMethod::head)
        ::curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, std::string(to_string(hop.method)).c_str());
    // When a server closes a kept connection, libcurl sends the request again, even if the server has carried it out.
    if (!hop.caller_goes_on && (hop.method == HttpMethod::post || hop.method == HttpMethod::patch))
        ::curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    const bool takes_body =
        hop.method == HttpMethod::post || hop.method == HttpMethod::put || hop.method == HttpMethod::patch;
    if (hop.body == nullptr && !takes_body) return;
    // For an empty body too, since servers want a length with these methods.
    ::curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    ::curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
                       static_cast<curl_off_t>(hop.body == nullptr ? 0 : hop.body->size));
    if (hop.body == nullptr) return;
    ::curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
    ::curl_easy_setopt(easy, CURLOPT_READDATA, &running);
    ::curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
    ::curl_easy_setopt(easy, CURLOPT_SEEKDATA, &running);
}

}  // namespace

bool is_kept_out(const Error& error) { return error.kind == ErrorKind::network && error.os_code == EACCES; }

struct HttpConnection::Handles {
    CURL* easy = nullptr;
    CURLM* multi = nullptr;
    std::array<char, CURL_ERROR_SIZE> said{};
    ProxyAddresses proxies;

    Handles() {
        if (!start_libcurl()) return;
        easy = ::curl_easy_init();
        multi = ::curl_multi_init();
    }
    ~Handles() {
        if (easy != nullptr) ::curl_easy_cleanup(easy);
        if (multi != nullptr) ::curl_multi_cleanup(multi);
    }
    Handles(const Handles&) = delete;
    Handles& operator=(const Handles&) = delete;

    void set(const HttpHop& hop, const HttpPatience& patience, Exchange& running);
    std::optional<AddressClass> peer(const HttpHop& hop) const;
    CURLcode drive(Exchange& running, const HttpPatience& patience, const std::stop_token& stop);
};

void HttpConnection::Handles::set(const HttpHop& hop, const HttpPatience& patience, Exchange& running) {
    ::curl_easy_reset(easy);  // keeps connections and the name cache
    said[0] = '\0';
    ::curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, said.data());
    ::curl_easy_setopt(easy, CURLOPT_URL, hop.url.c_str());
    ::curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    ::curl_easy_setopt(easy, CURLOPT_USERAGENT, "tmplbuild");
    ::curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    ::curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // a stop does not wait for a name server that does not answer
    ::curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    ::curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, static_cast<long>(patience.connect.count()));
    ::curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    ::curl_easy_setopt(easy, CURLOPT_HEADERDATA, &running);
    ::curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    ::curl_easy_setopt(easy, CURLOPT_WRITEDATA, &running);
    if (hop.decode) ::curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    ::curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    ::curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &running);
    set_certificates(easy, hop);
    set_user(easy, hop);
    set_method(easy, hop, running);
}

// Runs until the transfer is over, stalls, or `stop` is requested, for which it returns CURLE_ABORTED_BY_CALLBACK.
CURLcode HttpConnection::Handles::drive(Exchange& running, const HttpPatience& patience, const std::stop_token& stop) {
    if (::curl_multi_add_handle(multi, easy) != CURLM_OK) return CURLE_FAILED_INIT;
    const std::stop_callback wake(stop, [this] { ::curl_multi_wakeup(multi); });
    CURLcode code = CURLE_OK;
    for (int active = 1; active != 0 && code == CURLE_OK;) {
        if (stop.stop_requested())
            code = CURLE_ABORTED_BY_CALLBACK;
        else if (::curl_multi_perform(multi, &active) != CURLM_OK)
            code = CURLE_FAILED_INIT;
        else if (const char* why = active == 0 ? nullptr : running.why_too_slow(patience)) {
            code = CURLE_OPERATION_TIMEDOUT;
            said.fill('\0');
            std::string_view(why).copy(said.data(), said.size() - 1);
        } else if (active != 0)
            ::curl_multi_poll(multi, nullptr, 0, 500, nullptr);
    }
    int left = 0;
    while (const CURLMsg* message = ::curl_multi_info_read(multi, &left))
        if (message->msg == CURLMSG_DONE && code == CURLE_OK) code = message->data.result;
    ::curl_multi_remove_handle(multi, easy);
    return code;
}

std::optional<AddressClass> HttpConnection::Handles::peer(const HttpHop& hop) const {
    const char* address = nullptr;
    long port = 0;
    ::curl_easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
    ::curl_easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &port);
    if (address == nullptr || proxies.contains(address, port)) return spelled_class(hop.url);
    return address_class(std::string_view(address));
}

HttpConnection::HttpConnection(const HttpPatience& patience, std::set<AddressClass> kept_out)
    : handles_(std::make_unique<Handles>()), patience_(patience), kept_out_(std::move(kept_out)) {}

HttpConnection::~HttpConnection() = default;

HttpOutcome HttpConnection::exchange(const HttpHop& hop, const HttpSink& sink, const std::stop_token& stop) {
    HttpOutcome outcome;
    if (handles_->easy == nullptr || handles_->multi == nullptr) {
        outcome.failure = machine_error("libcurl cannot be started");
        return outcome;
    }
    CURL* easy = handles_->easy;
    handles_->proxies.look_up(hop.url.starts_with("https:") ? "https" : "http");
    if (const auto kind = spelled_class(hop.url); kind && kept_out_.contains(*kind)) {
        outcome.failure = leads_inside(hop, *kind);
        return outcome;
    }
    Exchange running{easy, sink, hop, kept_out_, handles_->proxies};
    handles_->set(hop, patience_, running);
    HeaderList headers;
    std::vector<std::string> lines = hop.headers;
    // Waiting for "100 Continue" costs a second with servers that never send it.
    if (hop.body != nullptr) lines.emplace_back("Expect:");
    for (const std::string& line : lines) {
        // A line end inside a header would begin a header of its own (RFC 9110, section 5.5).
        if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
            outcome.failure = network_error("a header for " + printable_url(hop.url) + " has a line end in it");
            return outcome;
        }
        curl_slist* longer = ::curl_slist_append(headers.get(), line.c_str());
        if (longer == nullptr) continue;
        (void)headers.release();
        headers.reset(longer);
    }
    ::curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
    const CURLcode code = handles_->drive(running, patience_, stop);
    long status = 0;
    ::curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    outcome.reply = std::move(running.reply);
    outcome.reply.status = static_cast<int>(status);
    outcome.peer = handles_->peer(hop);
    outcome.body_sent = running.sent;
    if (running.refused)
        outcome.failure = std::move(running.refused);
    else if (code == CURLE_ABORTED_BY_CALLBACK)
        outcome.failure =
            Error{.kind = ErrorKind::interrupted, .message = "stopped while fetching " + printable_url(hop.url)};
    else if (code != CURLE_OK) {
        outcome.failure = failure_of(code, hop, handles_->said.data());
        outcome.may_pass = is_passing(code);
        outcome.not_sent = is_without_connection(code);
    }
    return outcome;
}

}  // namespace tmplbuild::io
