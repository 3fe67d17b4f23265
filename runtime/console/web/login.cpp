// SPDX-License-Identifier: Apache-2.0
#include "console/web/login.hpp"

#include <boost/asio/post.hpp>
#include <filesystem>

#include "base/json.hpp"
#include "sys/clock.hpp"
#include "sys/file.hpp"

namespace tmplbuild::console {

namespace asio = boost::asio;

namespace {

constexpr std::size_t most_others = 64, most_known = 16;  // that wait at once: at most 3 s worth of hashes
constexpr std::size_t kept_limit = 1 << 20;

UnixMs sign_in_time() { return sys::in_ms(sys::time_of_day()); }

std::string sessions_file(const LoginSettings& settings) { return settings.own_folder + "/sessions"; }

}  // namespace

Login::Login(asio::io_context& context, LoginSettings settings)
    : context_(context), settings_(std::move(settings)), beside_(1), worker_(context) {}

Login::~Login() { beside_.join(); }

void Login::start(std::function<void(const Found&)> on_ready) {
    on_ready_ = std::move(on_ready);
    for (const auto& [variable, source] : {std::pair(settings_.console_password, PasswordSource::console_password),
                                           std::pair(settings_.jupyter_password, PasswordSource::jupyter_password)}) {
        Found found{.source = source};
        const std::string text = given_password(variable);
        found.is_short = text.size() < short_password;
        if (!text.empty()) return use(text, std::move(found));
    }
    worker_.ask(settings_.volume_worker, [this](const ChildEnd& end) {
        Found found;
        const auto value = json::parse(end.text, "the password's worker");
        const json::object* answer = value ? value->if_object() : nullptr;
        const std::string text = answer == nullptr ? "" : json::string_or(*answer, "password", "");
        if (!end.ok() || text.empty()) {
            found.problem = end.late            ? "the volume did not answer within 2 s"
                            : answer == nullptr ? "the program that reads it failed"
                                                : json::string_or(*answer, "error", "");
            return use_own_folder(std::move(found));
        }
        const bool made = json::bool_or(*answer, "made", false);
        found.source = made ? PasswordSource::made_and_kept : PasswordSource::volume;
        (made ? found.made : found.kept) = text;
        use(text, std::move(found));
    });
}

// For this start of the pod alone: a restart of the console has the same one.
void Login::use_own_folder(Found found) {
    found.source = PasswordSource::made_for_now;
    std::string text;
    const std::filesystem::path own = settings_.own_folder;
    const auto folder = KeptFolder::open(own.parent_path(), {own.filename()});
    const auto kept = folder ? read_or_make_password(*folder) : Result<KeptPassword>(folder.error());
    text = kept ? kept->text : make_password();
    if (!kept) found.problem += "; " + kept.error().message;
    found.made = text;
    use(text, std::move(found));
}

void Login::use(std::string text, Found found) {
    asio::post(beside_, [this, text = std::move(text), found = std::move(found)]() mutable {
        auto made = Password::of(text);
        const auto kept = sys::read_beginning(sessions_file(settings_), kept_limit);
        if (!made) {
            found.problem = made.error().message;
            found.made.clear();
            found.source = PasswordSource::made_for_now;  // nobody can sign in, and the log says why
        }
        std::shared_ptr<const Password> password = made ? std::make_shared<const Password>(std::move(*made)) : nullptr;
        std::string sessions = kept ? *kept : std::string();
        std::string key = read_or_make_browser_key(settings_.own_folder + "/browser-key");
        asio::post(context_, [this, password, sessions = std::move(sessions), key = std::move(key),
                              found = std::move(found)]() mutable {
            password_ = password;
            browsers_ = KnownBrowsers(std::move(key));
            if (password_ == nullptr) problem_ = found.problem;
            if (password_ != nullptr) {
                sessions_.emplace(password_->mark());
                sessions_->take_over(sessions, sign_in_time());
                kept_ = sessions_->version();
            }
            on_ready_(found);
        });
    });
}

void Login::check(std::string typed, bool is_known_browser, std::function<void(Typed)> done) {
    if (password_ == nullptr) return done(Typed::not_ready);
    if (password_->is_made()) {
        const Typed found = password_->matches(typed) ? Typed::right : Typed::wrong;
        return asio::post(context_, [done = std::move(done), found] { done(found); });
    }
    Places& places = is_known_browser ? known_ : others_;
    Waiting one{std::move(typed), std::move(done)};
    if (places.size() < (is_known_browser ? most_known : most_others)) {
        places.push_back(std::move(one));
        return check_next();
    }
    // Were it always the newest, whoever asks again fastest would keep all places.
    std::swap(places[chance_() % places.size()], one);
    asio::post(context_, [done = std::move(one.done)] { done(Typed::too_many); });
}

void Login::check_next() {
    if (checking_ || (known_.empty() && others_.empty())) return;
    checking_ = true;
    Places& places = known_.empty() ? others_ : known_;
    auto next = std::make_shared<Waiting>(std::move(places.front()));
    places.pop_front();
    asio::post(beside_, [this, next, password = password_] {
        const bool right = password->matches(next->typed);
        asio::post(context_, [this, next, right] {
            checking_ = false;
            answer(std::move(*next), right);
            check_next();
        });
    });
}

// The pauses of several answers pass at the same time: nobody waits for another's.
void Login::answer(Waiting asked, bool right) {
    auto pause = std::make_shared<asio::steady_timer>(context_);
    pause->expires_after(std::chrono::milliseconds(throttle_.delay_ms(sign_in_time())));
    if (!right) throttle_.failed(sign_in_time());
    pause->async_wait([pause, done = std::move(asked.done), right](boost::system::error_code) {
        done(right ? Typed::right : Typed::wrong);
    });
}

void Login::keep_sessions() {
    if (!sessions_ || sessions_->version() == kept_) return;
    kept_ = sessions_->version();
    asio::post(beside_, [file = sessions_file(settings_), text = sessions_->keep()] {
        // Where it cannot be written, people sign in again after a restart of the console.
        static_cast<void>(sys::write_file_atomic(file, text, 0600));
    });
}

}  // namespace tmplbuild::console
