// SPDX-License-Identifier: Apache-2.0
#include "registry/session.hpp"

#include <algorithm>
#include <mutex>

#include "base/text.hpp"
#include "io/http_reply.hpp"
#include "registry/challenge.hpp"
#include "registry/refusal.hpp"
#include "registry/token.hpp"

namespace tmplbuild::registry {

using SteadyClock = std::chrono::steady_clock;

bool Client::may_be_plain(const std::string& url) const {
    if (io::spelled_class(url) == io::AddressClass::loopback) return true;
    return std::any_of(plain_http.begin(), plain_http.end(), [&](const std::string& host) {
        // A host without a port stands for all of its ports.
        std::string_view rest = std::string_view(url).substr(std::min(url.find("://") + 3, url.size()));
        rest = rest.substr(0, rest.find_first_of("/?#"));
        const std::string named = to_lower(host), there = to_lower(rest);
        return there == named || (there.starts_with(named + ":") &&
                                  parse_whole(std::string_view(there).substr(named.size() + 1), 0, 65535));
    });
}

namespace {

// To find nobody on loopback takes seconds: who asks within that time after it has the same answer.
constexpr std::chrono::seconds nobody_for{30};
constexpr std::chrono::seconds renewed_before{5};  // before its end, so that a request on its way still has a valid one

// The login or token for the registry, in the form of the Authorization header.
struct Identity {
    std::string header{};  // empty: anonymous
    std::optional<SteadyClock::time_point> ends{};
    int generation = 0;  // counts changes, so that several threads renew once

    bool is_over() const { return ends && SteadyClock::now() >= *ends; }
};

}  // namespace

struct Session::Impl {
    const Client& client;
    Reference image;
    std::set<std::string> scopes;

    std::mutex mutex;    // for everything below; held while a token is fetched, so that only one thread fetches it
    std::string base{};  // "https://ghcr.io", once it is known
    struct Nobody {
        Error why;
        SteadyClock::time_point until;
    };
    std::optional<Nobody> nobody{};  // was there when a registry on loopback was last looked for
    Identity identity{};
    std::optional<Challenge> bearer{};  // the last one, for renewals
    std::optional<io::AddressClass> peer{};
    bool is_login_known = false;
    std::optional<Credential> login{};
    SecretMask mask{};
    struct Failure {
        Error why;
        SteadyClock::time_point when;
    };
    std::optional<Failure> no_way_in{};  // the latest failure to get a login or a token
    bool is_limit_told = false;
    bool is_login_refused = false;

    Impl(const Client& shared, Reference which) : client(shared), image(std::move(which)) {}

    void tell(const std::string& text) const {
        if (client.tell) client.tell(text);
    }
    Error denied(const std::string& why) const {
        return network_error("the registry " + image.host + " " + why,
                             "log in with `docker login " + image.host + "` or `skopeo login " + image.host +
                                 "`, or give DOCKER_AUTH_CONFIG or REGISTRY_AUTH_FILE; see docs/registries.md");
    }

    // Under the mutex.
    Error refused_login(const io::HttpResponse& response) const {
        Error error = refusal("'" + image.repository_name() + "' cannot be reached", response, mask);
        if (login) error.hint = "the login in '" + login->source + "' is wrong, has ended, or may not do that";
        return error;
    }

    // The rules of every request that this session makes.
    io::HttpRequest ruled() const {
        io::HttpRequest request;
        request.netrc = false;
        request.as_it_lies = true;
        request.redirects_stay_near = true;
        request.may_redirect = [this](const std::string& url) { return may_ask(url); };
        request.on_pause = [this](const io::HttpPause& pause) {
            if (!pause.is_asked_for) return;
            tell("the registry " + image.host + " asks to wait " +
                 human_seconds(std::chrono::duration<double>(pause.length).count()) + " (HTTP status " +
                 std::to_string(pause.status) + ")");
        };
        return request;
    }
    Result<void> may_ask(const std::string& url) const {
        if (url.starts_with("https://") || client.may_be_plain(url)) return {};
        return network_error(
            "the registry " + image.host + " sends to '" + io::printable_url(url) + "', which is not https",
            "--plain-http HOST allows it for a host");
    }

    // Registries on loopback may speak http or https: http is used if they answer it properly. Needs the mutex.
    Result<std::string> find_base(const std::stop_token& stop) {
        if (!base.empty()) return base;
        if (client.pull_rules) {
            const auto rules = client.pull_rules();
            if (!rules) return rules.error();
            if (auto may = rules->check_allowed(image); !may) return may.error();
        }
        const std::string plain = "http://" + image.server(), secure = "https://" + image.server();
        if (!client.may_be_plain(plain)) return base = secure;
        const bool is_named = io::spelled_class(plain) != io::AddressClass::loopback;
        if (is_named) return base = plain;
        if (nobody && SteadyClock::now() < nobody->until) return nobody->why;
        auto found = ask_for_base(plain, secure, stop);
        if (found) return base = *found;
        if (found.error().kind == ErrorKind::network) nobody = {found.error(), SteadyClock::now() + nobody_for};
        return found;
    }
    Result<std::string> ask_for_base(const std::string& plain, const std::string& secure,
                                     const std::stop_token& stop) const {
        io::HttpRequest ping = ruled();
        ping.url = plain + "/v2/";
        ping.caller_goes_on = true;  // a server that is there and breaks off is asked by https, and not again
        auto answer = client.http.send(ping, stop);
        // A TLS server answers plain http with 400, with bytes of its own or not at all.
        if (answer) return answer->status == 400 ? secure : plain;
        if (answer.error().kind != ErrorKind::network) return answer.error();
        ping.url = secure + "/v2/";
        const auto by_tls = client.http.send(ping, stop);
        if (!by_tls) return answer.error();
        return secure;
    }

    // Needs the mutex.
    Result<void> find_login(const std::stop_token& stop) {
        if (is_login_known) return {};
        const auto credentials = client.environment ? Credentials::from(client.environment) : Credentials();
        if (!credentials) return credentials.error();
        auto found = credentials->find(image, client.runner, stop);
        if (!found) return found.error();
        login = std::move(*found);
        is_login_known = true;
        if (login) login->hide_in(mask);
        return {};
    }
    void become(std::string header, std::optional<SteadyClock::time_point> ends) {
        identity = {std::move(header), ends, identity.generation + 1};
        no_way_in.reset();
    }

    Result<void> fetch_token(const Challenge& challenge, const std::stop_token& stop) {
        const auto realm = io::join_url("", challenge.value("realm"));
        if (!realm) return denied("names '" + challenge.value("realm").substr(0, 200) + "' as its token server");
        if (auto may = may_ask(*realm); !may) return may.error();
        TokenQuestion question{*realm, challenge.value("service"), scopes, login, ruled()};
        question.how.kept_out = io::kept_out_by(peer);
        // A token server that redirects elsewhere would take the login along.
        question.how.may_redirect = [realm = *realm](const std::string& url) -> Result<void> {
            if (io::same_origin(realm, url)) return {};
            return network_error("the token server '" + io::printable_url(realm) + "' sends to another host");
        };
        auto token = ask_for_token(client.http, question, stop);
        if (!token) return token.error().while_doing("asking for a token for " + image.repository_name());
        mask.hide(token->text);
        const auto margin = std::min<SteadyClock::duration>(renewed_before, SteadyClock::duration(token->lasts) / 10);
        become("Bearer " + token->text, SteadyClock::now() + token->lasts - margin);
        bearer = challenge;
        return {};
    }

    // To ask a helper or a token server that is away takes long: who has waited meanwhile has the same answer, and only
    // a later request asks again. Needs the mutex.
    Result<void> get_in(SteadyClock::time_point since, const std::function<Result<void>()>& by) {
        if (no_way_in && no_way_in->when > since) return no_way_in->why;
        auto done = by();
        if (!done && done.error().kind != ErrorKind::interrupted) no_way_in = {done.error(), SteadyClock::now()};
        return done;
    }

    // Answers the 401 to a request that was made with `used`. Needs the mutex.
    Result<void> answer_challenge(const io::HttpResponse& response, const Identity& used, const std::stop_token& stop) {
        if (used.generation != identity.generation) return {};  // another thread has done it
        if (!io::same_origin(base, response.final_url))
            return denied("leads to '" + io::printable_url(response.final_url) +
                          "', which asks for a login of its own");
        if (auto found = find_login(stop); !found) return found;
        const auto challenges = parse_challenges(io::header_of(response.headers, "www-authenticate"));
        const auto of = [&](const char* scheme) {
            return std::find_if(challenges.begin(), challenges.end(),
                                [&](const Challenge& one) { return one.scheme == scheme; });
        };
        if (login && !login->registry_token.empty() && used.header.empty()) {
            become("Bearer " + login->registry_token, std::nullopt);
            return {};
        }
        // A login that is nothing but a token says nothing to a token server.
        if (login && !login->registry_token.empty() && login->user.empty() && login->identity_token.empty())
            return denied("does not take the login in '" + login->source + "'");
        if (const auto one = of("bearer"); one != challenges.end()) return fetch_token(*one, stop);
        if (of("basic") == challenges.end()) return denied("asks for a login of a kind that is not known here");
        if (!login) return denied("asks for a login, and there is none for " + image.repository_name());
        if (!used.header.empty() || login->user.empty())
            return denied("does not take the login in '" + login->source + "'");
        become(login->basic(), std::nullopt);
        return {};
    }

    struct Ready {
        io::HttpRequest request;
        Identity used{};
        bool is_own = true;  // it goes to the registry itself
        SteadyClock::time_point since = SteadyClock::now();
    };
    Result<Ready> prepare(const Request& wanted, const std::stop_token& stop) {
        Ready ready{ruled()};
        const std::scoped_lock lock(mutex);
        auto found = find_base(stop);
        if (!found) return found.error();
        io::HttpRequest& request = ready.request;
        const bool is_whole = wanted.path.starts_with("https://") || wanted.path.starts_with("http://");
        if (is_whole)
            if (auto may = may_ask(wanted.path); !may) return may.error();
        request.url = is_whole ? wanted.path : *found + "/v2/" + image.repository + "/" + wanted.path;
        request.method = wanted.method;
        request.body = wanted.body;
        request.limit = wanted.limit;
        request.first_byte = wanted.first_byte;
        request.caller_goes_on = wanted.caller_goes_on;
        request.until_answer = wanted.until_answer;
        request.open_headers = wanted.headers;  // a registry may serve from other hosts, which need these headers too
        ready.is_own = io::same_origin(*found, request.url);
        if (!ready.is_own) {
            request.kept_out = io::kept_out_by(peer);
            return ready;
        }
        request.kept_out = {io::AddressClass::link_local};
        if (bearer && identity.is_over()) {
            const auto renew = [&] { return fetch_token(Challenge(*bearer), stop); };
            if (auto renewed = get_in(ready.since, renew); !renewed) return renewed.error();
        }
        ready.used = identity;
        if (!identity.header.empty()) request.headers["Authorization"] = identity.header;
        return ready;
    }

    // A registry that knows the login can put it into what an error repeats, such as the address of a redirect. Under
    // the mutex.
    Error masked(Error error) const {
        error.message = mask.masked(error.message);
        for (std::string& doing : error.doing) doing = mask.masked(doing);
        return error;
    }
    void take_note(const io::HttpResponse& response) {
        const std::scoped_lock lock(mutex);
        if (response.peer && io::same_origin(base, response.final_url)) peer = response.peer;
        const std::string limit = rate_limit_words(response);
        if (limit.empty() || is_limit_told) return;
        is_limit_told = true;
        tell(image.host + ": " + limit);
    }
};

Session::Session(const Client& client, Reference image, Access access)
    : impl_(std::make_unique<Impl>(client, std::move(image))) {
    impl_->scopes = {"repository:" + impl_->image.repository + (access == Access::push ? ":pull,push" : ":pull")};
}
Session::~Session() = default;

const Reference& Session::image() const { return impl_->image; }
const Client& Session::client() const { return impl_->client; }

bool Session::is_login_refused() const {
    const std::scoped_lock lock(impl_->mutex);
    return impl_->is_login_refused;
}

void Session::also_pull_from(const std::string& repository) {
    const std::scoped_lock lock(impl_->mutex);
    impl_->scopes.insert("repository:" + repository + ":pull");
}

Result<io::HttpResponse> Session::send(const Request& request, const std::stop_token& stop) {
    return stream(request, nullptr, stop);
}

Result<io::HttpResponse> Session::stream(const Request& request, const io::HttpBodySink& sink,
                                         const std::stop_token& stop) {
    for (bool is_second = false;; is_second = true) {
        auto ready = impl_->prepare(request, stop);
        if (!ready) return ready.error();
        auto response = sink ? impl_->client.http.stream(ready->request, sink, stop)
                             : impl_->client.http.send(ready->request, stop);
        if (response) impl_->take_note(*response);
        const std::scoped_lock lock(impl_->mutex);
        if (!response) return impl_->masked(response.error());
        if (response->status != 401 || !ready->is_own) return response;
        const auto get_in = [&] { return impl_->answer_challenge(*response, ready->used, stop); };
        const auto answered =
            is_second ? Result<void>(impl_->refused_login(*response)) : impl_->get_in(ready->since, get_in);
        if (answered) continue;
        impl_->is_login_refused = true;
        return impl_->masked(answered.error());
    }
}

Result<std::string> Session::location(const io::HttpResponse& response) const {
    const std::string where = io::header_of(response.headers, "location");
    if (where.empty()) return network_error("the registry " + impl_->image.host + " does not say where to go on");
    auto url = io::join_url(response.final_url, where);
    const auto may = url ? impl_->may_ask(*url) : Result<void>(url.error());
    if (may) return url;
    const std::scoped_lock lock(impl_->mutex);
    return impl_->masked(may.error());
}

Error Session::refused(const std::string& what, const io::HttpResponse& response) const {
    const std::scoped_lock lock(impl_->mutex);
    Error error = refusal(what, response, impl_->mask);
    if (response.status != 401 && response.status != 403) return error;
    // Some registries take a token as the name, too: what is secret elsewhere is secret there.
    error.hint += impl_->login ? "; it was asked as '" + impl_->mask.masked(impl_->login->user) +
                                     "', by the login in '" + impl_->login->source + "'"
                               : "; it was asked as nobody";
    return error;
}

}  // namespace tmplbuild::registry
