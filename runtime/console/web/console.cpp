// SPDX-License-Identifier: Apache-2.0
#include "console/web/console.hpp"

#include "console/web/page_text.hpp"
#include "sys/clock.hpp"
#include "sys/random.hpp"

namespace tmplbuild::console {

constexpr std::chrono::seconds interest_lasts{20};

Console::Console(boost::asio::io_context& context, ConsoleSettings settings)
    : context_(context),
      settings_(std::move(settings)),
      launcher_(context, settings_.launcher_folders),
      figures_(context, settings_.figures),
      login_(context, settings_.login),
      tokens_(context, settings_.token_reader, settings_.token_writer),
      children_(context, settings_.handed),
      downloads_(context, settings_.downloads),
      model_finder_(context),
      hub_(context,
           [this](const std::string& key) {
               // A watcher's key is its port and its origin, since its links hang on both.
               const std::size_t space = key.find(' ');
               const auto port = static_cast<std::uint16_t>(std::stoul(key.substr(0, space)));
               return json::compact(view_for(Origin::parse(key.substr(space + 1)), port));
           }),
      download_hub_(
          context, [this](const std::string&) { return json::compact(downloads_.view()); }, "downloads"),
      interest_(context),
      open_csrf_(sys::random_hex(32)),
      too_old_(context) {
    launcher_.on_change = [this] {
        hub_.changed();
        if (on_snapshot) on_snapshot();
    };
    figures_.on_change = [this] { hub_.changed(); };
    downloads_.on_change = [this] { download_hub_.changed(); };
    hub_.on_watchers = [this] { note_interest(); };
}

void Console::start(std::function<void(const Login::Found&)> on_login) {
    launcher_.start();
    tokens_.start();
    downloads_.start();
    if (!settings_.no_login) login_.start(std::move(on_login));
}

void Console::note_interest() {
    figures_.set_watched(true);
    launcher_.set_watched(true);
    interest_.expires_after(interest_lasts);
    interest_.async_wait([this](boost::system::error_code error) {
        if (error) return;
        if (hub_.watchers() != 0) return note_interest();
        figures_.set_watched(false);
        launcher_.set_watched(false);
    });
}

json::object Console::view_for(const std::optional<Origin>& here, std::uint16_t port) {
    ViewFacts facts{.snapshot = launcher_.snapshot(), .launcher = launcher_.state(), .host = figures_.host()};
    facts.volume = figures_.volume();
    facts.gpus = figures_.gpus();
    facts.spec = &settings_.spec;
    facts.pod_id = settings_.pod_id;
    facts.now = sys::in_ms(sys::time_of_day());
    if (here)
        facts.origin_of = [&](std::uint16_t other) -> std::optional<std::string> {
            const auto origin = settings_.origins.at_port(*here, port, other);
            return origin ? std::optional(origin->to_string()) : std::nullopt;
        };
    return view_of(facts);
}

Keys Console::keys() {
    return {settings_.origins, login_.sessions(), tokens_.are_read() ? &tokens_.tokens() : nullptr, settings_.no_login,
            !login_.problem().empty()};
}

void Console::hold(const std::shared_ptr<EventStream>& stream, const std::string& session, const std::string& token) {
    std::erase_if(held_, [](const Held& one) { return one.stream.expired(); });
    held_.push_back({stream, session, token});
    end_streams();  // it may have ended while the answer's head was sent
    watch_ages();
}

void Console::end_streams() {
    const UnixMs now = sys::in_ms(sys::time_of_day());
    for (const Held& one : held_) {
        const bool over = (!one.session.empty() && !login_.sessions()->is_alive(one.session, now)) ||
                          (!one.token.empty() && !tokens_.tokens().has(one.token));
        if (const auto stream = over ? one.stream.lock() : nullptr) stream->end();
    }
}

// A session that is used meanwhile lives longer: then this looks again.
void Console::watch_ages() {
    const UnixMs now = sys::in_ms(sys::time_of_day());
    std::optional<UnixMs> first;
    for (const Held& one : held_) {
        if (one.session.empty() || one.stream.expired()) continue;
        const auto until = login_.sessions()->alive_until(one.session);
        if (until && *until >= now && (!first || *until < *first)) first = until;
    }
    if (!first) return;
    too_old_.expires_after(std::chrono::milliseconds(*first - now + 1));
    too_old_.async_wait([this](boost::system::error_code error) {
        if (error) return;
        end_streams();
        watch_ages();
    });
}

const std::vector<std::string>* Console::entry_of(const std::string& service) const {
    static const std::vector<std::string> usual{"/"};
    for (const pod::Service& one : settings_.spec.services)
        if (one.name == service) return &one.entry;
    return &usual;
}

std::string Console::csrf_of(const Visitor& visitor) const {
    return visitor.session ? visitor.session->csrf : settings_.no_login ? open_csrf_ : std::string();
}

// A bearer token is sent by no browser of itself.
bool Console::has_csrf(const CallPtr& call) const {
    if (call->visitor.credential == Credential::bearer) return true;
    std::string given = call->request.header("x-csrf-token");
    if (given.empty()) given = form_values(call->request.body)["csrf"];
    const std::string expected = csrf_of(call->visitor);
    return !expected.empty() && same_text(given, expected);
}

std::string Console::page(const CallPtr& call, std::string_view name, std::map<std::string, std::string> values,
                          std::string_view state) const {
    values.emplace("pod", settings_.spec.name);
    values.emplace("service", call->request.service.empty() ? settings_.spec.name : call->request.service);
    values.emplace("csrf", csrf_of(call->visitor));
    if (settings_.no_login) values.emplace("no_sessions", "hidden");
    if (settings_.no_login)
        values.emplace("notice",
                       "This pod asks for no password (CONSOLE_AUTH=none): whoever knows its address can use "
                       "and change everything on it.");
    else if (call->visitor.here && call->visitor.here->scheme == "http")
        values.emplace(
            "notice",
            std::string("This page came over plain http, where protection is weaker: other ports of this "
                        "host can see and set its cookies") +
                (call->visitor.here->is_loopback() ? "." : ", and whoever is on the way can read and change it."));
    for (const pages::Page& one : settings_.pages)
        if (one.name == name) return filled_page(one.text, values, state);
    // A program that was built without this page still says what the page would.
    return filled_page(
        "<!doctype html><html lang=\"en\"><meta name=\"csrf-token\" content=\"{{csrf}}\">"
        "<title>{{pod}}</title><p>{{message}}</p>"
        "<script type=\"application/json\" id=\"state\">{{state}}</script></html>",
        values, state);
}

Answer Console::refused_answer(const CallPtr& call, unsigned status, const std::string& message) const {
    const Request& request = call->request;
    Answer out = request.is_page_load() && !request.is_for_api()
                     ? page_answer(status, page(call, "refused.html",
                                                {{"message", message}, {"status", std::to_string(status)}}))
                     : error_answer(status, message);
    if (status == 401) out.with("WWW-Authenticate", "Bearer realm=\"tmplbuild\"");
    return out;
}

}  // namespace tmplbuild::console
