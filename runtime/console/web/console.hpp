// SPDX-License-Identifier: Apache-2.0
// The console behind its socket: what each address answers, and what it knows of the pod. One thread; nothing here
// waits. main.cpp makes it, the server hands it requests. The routes are one table in routes.cpp; docs/console.md lists
// them.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "console/access/nonces.hpp"
#include "console/access/tickets.hpp"
#include "console/models/queue.hpp"
#include "console/pages/embedded.hpp"
#include "console/pod/figures.hpp"
#include "console/pod/launcher_client.hpp"
#include "console/policy/own_origins.hpp"
#include "console/web/answer.hpp"
#include "console/web/authorize.hpp"
#include "console/web/events.hpp"
#include "console/web/handed_children.hpp"
#include "console/web/login.hpp"
#include "console/web/request.hpp"
#include "console/web/token_store.hpp"
#include "podspec/pod_spec.hpp"

namespace tmplbuild::console {

struct ConsoleSettings {
    pod::PodSpec spec{};
    std::string pod_id{}, version{};
    OwnOrigins origins{};
    bool no_login = false;  // CONSOLE_AUTH=none
    std::vector<std::string> launcher_folders{};
    FigurePlaces figures{};
    LoginSettings login{};
    ChildQuestion token_reader{}, token_writer{};
    HandedSettings handed{};
    DownloadSettings downloads{};
    ChildQuestion model_finder{};  // the worker "find-model"
    std::span<const pages::StaticFile> static_files{};
    std::span<const pages::Page> pages{};
    std::string_view open_api{};  // the document of GET /api/openapi.json
};

// One request on its way through a route.
struct Call {
    Request request;
    Visitor visitor;
    std::vector<std::string> words{};  // what stands in place of the route's {}, decoded
    std::string route{};               // its row of the table: "GET /api/logs/{}"
    HandedTo to{};
    Respond respond;
};
using CallPtr = std::shared_ptr<Call>;

class Console {
  public:
    Console(boost::asio::io_context& context, ConsoleSettings settings);

    // `on_login` is called once, when the password is known, for the pod's log.
    void start(std::function<void(const Login::Found&)> on_login);
    void handle(Request request, Respond respond);
    // Whether a worker reads the request's body, if it may pass.
    bool leaves_body(const Request& request) const;

    std::function<void()> on_snapshot{};  // the launcher's snapshot or state changed
    std::function<void(const std::string& line)> say = [](const std::string&) {};  // for the pod's log
    LauncherClient& launcher() { return launcher_; }
    const ConsoleSettings& settings() const { return settings_; }
    json::object view_for(const std::optional<Origin>& here, std::uint16_t port);

  private:
    friend struct Routes;
    // gateway_routes.cpp: requests to services.
    void refuse(const CallPtr& call);
    void starting(const CallPtr& call);
    void service_page(const CallPtr& call);
    void take_ticket(const CallPtr& call);
    // page_routes.cpp
    void models_page(const CallPtr& call);
    void status_page(const CallPtr& call);
    void tokens_page(const CallPtr& call);
    void files_page(const CallPtr& call);
    void static_file(const CallPtr& call);
    // sign_in_routes.cpp
    void sign_in_page(const CallPtr& call);
    void sign_in(const CallPtr& call);
    void note_wrong_password();
    void open_session(const CallPtr& call, const std::string& back);
    void sign_in_port(const CallPtr& call);
    void sign_out(const CallPtr& call);
    // video_routes.cpp
    void video_page(const CallPtr& call);
    void video_models(const CallPtr& call);
    void video_plan(const CallPtr& call);
    json::array own_gpus(const CallPtr& call);
    // api_routes.cpp
    void status(const CallPtr& call);
    void events(const CallPtr& call);
    void log(const CallPtr& call);
    void follow_log(const CallPtr& call);
    void service_command(const CallPtr& call);
    void kernel_command(const CallPtr& call);
    void list_tokens(const CallPtr& call);
    void make_token(const CallPtr& call);
    void withdraw_token(const CallPtr& call);
    void end_sessions(const CallPtr& call);
    void capabilities(const CallPtr& call);
    void open_api(const CallPtr& call);
    void health(const CallPtr& call);
    void metrics(const CallPtr& call);

    void hand_over(const CallPtr& call);  // to the worker of its row
    // download_routes.cpp
    void list_downloads(const CallPtr& call);
    void download_events(const CallPtr& call);
    void add_downloads(const CallPtr& call);
    void change_download(const CallPtr& call);
    void order_downloads(const CallPtr& call);
    void list_keys(const CallPtr& call);
    void enter_key(const CallPtr& call);
    void withdraw_key(const CallPtr& call);
    void original_status(const CallPtr& call);
    void original_clear(const CallPtr& call);
    void original_download(const CallPtr& call);
    void download_command(const CallPtr& call, json::object command);

    void console_page(const CallPtr& call);  // a request to the console's own port: the table of routes
    Keys keys();
    // Gives a stream of events to its visitor until that one's session or token ends.
    void hold(const std::shared_ptr<EventStream>& stream, const std::string& session, const std::string& token);
    void end_streams();  // of those that have ended
    void watch_ages();   // ends streams when their sessions are too old
    const std::vector<std::string>* entry_of(const std::string& service) const;
    // The page with this name, filled, with what every page has.
    std::string page(const CallPtr& call, std::string_view name, std::map<std::string, std::string> values,
                     std::string_view state = "null") const;
    Answer refused_answer(const CallPtr& call, unsigned status, const std::string& message) const;
    void turn_away(const CallPtr& call);  // by the visitor's decision, on the console's own port
    std::string csrf_of(const Visitor& visitor) const;
    bool has_csrf(const CallPtr& call) const;
    void note_interest();  // somebody looks: figures are measured for a while
    void command(const CallPtr& call, const control::Request& request);

    boost::asio::io_context& context_;
    ConsoleSettings settings_;
    LauncherClient launcher_;
    Figures figures_;
    Login login_;
    TokenStore tokens_;
    HandedChildren children_;
    Tickets tickets_{};
    Nonces nonces_{};
    DownloadQueue downloads_;
    AskedChild model_finder_;
    EventHub hub_, download_hub_;
    boost::asio::steady_timer interest_;
    std::string open_csrf_{};  // with CONSOLE_AUTH=none: of all
    struct Held {
        std::weak_ptr<EventStream> stream;
        std::string session, token;  // one of them, or none where nobody has to sign in
    };
    std::vector<Held> held_{};
    boost::asio::steady_timer too_old_;
    std::shared_ptr<std::size_t> followers_ = std::make_shared<std::size_t>(0);  // of logs
    std::uint64_t requests_ = 0, refused_ = 0, wrong_passwords_ = 0, told_wrong_ = 0;
    UnixMs told_at_ = 0;  // when the log was told of wrong passwords
};

}  // namespace tmplbuild::console
