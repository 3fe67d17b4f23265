// SPDX-License-Identifier: Apache-2.0
#include "engine/sandbox/host_loan.hpp"

#include <unistd.h>
#include <array>

#include <cstdlib>
#include <string_view>
#include <vector>

#include "io/certificates.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

// The machine's CA bundle: the one that variables name for its tools, else what our own client trusts.
fs::path ca_bundle() {
    std::error_code failed;
    for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE"})
        if (const fs::path told = variable(name); !told.empty() && fs::is_regular_file(told, failed)) return told;
    return io::default_certificates();
}

// pip prefers the user's file to the machine's; only one of them is lent (pip documentation, "Configuration").
fs::path pip_configuration() {
    std::error_code failed;
    const std::string home = variable("HOME"), xdg = variable("XDG_CONFIG_HOME"), told = variable("PIP_CONFIG_FILE");
    std::vector<fs::path> places;
    if (!told.empty()) places.emplace_back(told);
    if (!xdg.empty()) places.push_back(fs::path(xdg) / "pip/pip.conf");
    if (!home.empty()) places.insert(places.end(), {home + "/.config/pip/pip.conf", home + "/.pip/pip.conf"});
    places.emplace_back("/etc/pip.conf");
    for (const fs::path& place : places)
        if (fs::is_regular_file(place, failed)) return place;
    return {};
}

// Whether a variable is lent: proxies, and those settings of pip and uv that are not paths of this machine.
bool is_lent(std::string_view name) {
    for (const char* exact : {"http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY",
                              "NO_PROXY", "ALL_PROXY", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST",
                              "PIP_DEFAULT_TIMEOUT", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX"})
        if (name == exact) return true;
    return false;
}

Result<void> lend_copy(const fs::path& from, const fs::path& to) {
    auto text = sys::read_file(from);
    if (!text) return text.error();
    return sys::write_file_atomic(to, *text, 0444);
}

}  // namespace

Result<std::map<std::string, std::string>> lend_host_settings(const fs::path& folder, const std::string& inside) {
    std::map<std::string, std::string> out;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::string_view name = text.substr(0, text.find('='));
        if (is_lent(name)) out.emplace(name, text.substr(name.size() + 1));
    }
    std::string apt;
    for (const char* scheme : {"http", "https"})
        if (auto proxy = out.find(std::string(scheme) + "_proxy"); proxy != out.end()) {
            // A value of apt.conf(5) cannot hold these.
            if (proxy->second.find_first_of("\"\n\r") != std::string::npos)
                return usage_error(
                    "the variable " + proxy->first + " holds a quote or a line's end, and no proxy's address does",
                    "write it as http://HOST:PORT");
            apt += "Acquire::" + std::string(scheme) + "::Proxy \"" + proxy->second + "\";\n";
        }
    if (const fs::path bundle = ca_bundle(); !bundle.empty()) {
        if (auto lent = lend_copy(bundle, folder / "ca.pem"); !lent) return lent.error();
        const std::string bundle_inside = inside + "/ca.pem";
        for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "GIT_SSL_CAINFO",
                                 "NODE_EXTRA_CA_CERTS", "AWS_CA_BUNDLE"})
            out[name] = bundle_inside;
        apt += "Acquire::https::CaInfo \"" + bundle_inside + "\";\n";
    }
    if (const fs::path pip = pip_configuration(); !pip.empty()) {
        if (auto lent = lend_copy(pip, folder / "pip.conf"); !lent) return lent.error();
        out["PIP_CONFIG_FILE"] = inside + "/pip.conf";
    }
    if (auto written = sys::write_file_atomic(folder / "apt.conf", apt, 0444); !written) return written.error();
    out["APT_CONFIG"] = inside + "/apt.conf";
    return out;
}

}  // namespace tmplbuild
