// SPDX-License-Identifier: Apache-2.0
#include "gateway/nginx_config.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "gateway/config_text.hpp"
#include "gateway/identity_headers.hpp"

namespace tmplbuild::gateway {

namespace {

// Addresses of the console whose bodies may be longer than a form: files, and lists of any length.
constexpr const char* long_bodies =
    "^/api/(upload|uploads/[^/]+|delete|move|copy|download_multiple|selections|pins|trash/(restore|empty)|"
    "models/(check|links))$";

std::vector<const pod::Service*> behind_gateway(const pod::PodSpec& spec) {
    std::vector<const pod::Service*> out;
    for (const pod::Service& service : spec.services)
        if (service.port != 0 && !service.is_public) out.push_back(&service);
    return out;
}

std::string private_address(const pod::Service& service) { return "127.0.0.1:" + std::to_string(service.bind_port()); }

// One line for each service, or for each of those that see their own address as Host: `text_of` gives the value.
template <class TextOf>
std::string by_port(const std::vector<const pod::Service*>& services, bool rewriting_alone, const TextOf& text_of) {
    std::string out;
    for (const pod::Service* service : services)
        if (!rewriting_alone || service->origin == pod::OriginUse::rewrite)
            out += "        " + std::to_string(service->port) + " \"" + text_of(*service) + "\";\n";
    return out;
}

std::string tables(const std::vector<const pod::Service*>& services) {
    const auto name = [](const pod::Service& service) { return service.name; };
    const std::string owners = replace_words(owners_text, {{"services", by_port(services, false, name)}});
    // nginx takes no table of a variable that is set nowhere.
    if (services.empty()) return owners;
    const auto url = [](const pod::Service& service) { return "http://" + private_address(service); };
    std::string origins;
    for (const pod::Service* service : services)
        if (service->origin == pod::OriginUse::rewrite)
            origins += "        \"~^" + std::to_string(service->port) + " .\" \"" + url(*service) + "\";\n";
    return owners +
           replace_words(tables_text, {{"backends", by_port(services, false, private_address)},
                                       {"hosts", by_port(services, true, private_address)},
                                       {"origins", origins},
                                       {"fetch_sites", by_port(services, true, [](const auto&) { return ""; })}});
}

std::string listen_lines(const std::vector<std::uint16_t>& ports, Addresses addresses) {
    std::string out;
    for (const std::uint16_t port : ports) {
        const std::string number = std::to_string(port);
        if (addresses == Addresses::sockets) {
            out += "        listen unix:" + number + ".sock;\n";
            continue;
        }
        out += "        listen 0.0.0.0:" + number + " so_keepalive=5m:30s:4;\n";
        if (addresses == Addresses::ipv4_and_ipv6) out += "        listen [::]:" + number + " so_keepalive=5m:30s:4;\n";
    }
    return out;
}

std::string to_console(const std::string& phase, const std::string& method) {
    return replace_words(to_console_text, {{"phase", phase}, {"method", method}});
}

std::string question(const std::string& phase) { return to_console(phase, "$asked_method") + question_text; }

std::string service_server(const std::vector<const pod::Service*>& services, Addresses addresses) {
    std::vector<std::uint16_t> ports;
    for (const pod::Service* service : services) ports.push_back(service->port);
    std::string dropped;
    for (const char* header : identity_headers)
        dropped += "            proxy_set_header " + std::string(header) + " \"\";\n";
    return replace_words(services_text, {{"listen", listen_lines(ports, addresses)},
                                         {"dropped", dropped},
                                         {"authorize", question("authorize")},
                                         {"refuse", question("refuse")},
                                         {"starting", question("starting")},
                                         {"body", body_text},
                                         {"page", to_console("page", "$request_method")},
                                         {"closed", closed_text}});
}

}  // namespace

std::string nginx_config(const pod::PodSpec& spec, Addresses addresses) {
    const std::vector<const pod::Service*> services = behind_gateway(spec);
    std::string out = head_text;
    out += tables(services);
    out += replace_words(console_text, {{"listen", listen_lines({spec.console_port}, addresses)},
                                        {"body", body_text},
                                        {"page", to_console("page", "$request_method")},
                                        {"long", long_bodies},
                                        {"closed", closed_text}});
    if (!services.empty()) out += service_server(services, addresses);
    return out + "}\n";
}

}  // namespace tmplbuild::gateway
