// SPDX-License-Identifier: Apache-2.0
// tmplbuild-download: the console's worker for downloads. Commands come on its standard input, its state goes to its
// standard output.
//   tmplbuild-download [--certificates FILE] [--stall SECONDS]
// --certificates: authorities for a root that has none. --stall: how long no byte may come; tests make it shorter.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/text.hpp"
#include "download/worker.hpp"
#include "io/certificates.hpp"
#include "sys/file.hpp"

using namespace tmplbuild;

namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::string variable_or(const char* name, const std::string& fallback) {
    std::string value = variable(name);
    while (value.size() > 1 && value.ends_with('/')) value.pop_back();
    return value.empty() ? fallback : value;
}

download::TransferSettings transfer_settings(const std::string& certificates) {
    download::TransferSettings out;
    out.roots.volume = variable_or("TMPLBUILD_VOLUME", "/workspace");
    out.roots.models = variable_or("COMFYUI_MODELS", out.roots.volume + "/ComfyUI/models");
    out.endpoints.huggingface = variable_or("HF_ENDPOINT", out.endpoints.huggingface);
    out.endpoints.civitai = variable_or("CIVITAI_ENDPOINT", out.endpoints.civitai);
    using Kind = io::AddressClass;
    out.kept_out = variable("CONSOLE_DOWNLOAD_PRIVATE") == "1"
                       ? std::set{Kind::link_local}
                       : std::set{Kind::link_local, Kind::loopback, Kind::local};
    if (io::default_certificates().empty()) out.ca_file = certificates;
    for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"})
        if (!variable(name).empty()) out.ca_file.clear();
    if (const auto boot = sys::read_beginning("/proc/sys/kernel/random/boot_id", 64)) out.boot = trim(*boot);
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    std::string certificates;
    download::WorkerSettings settings;
    settings.variable = variable;
    std::int64_t stall = 60;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        const auto seconds = word == "--stall" && i + 1 < argc ? parse_whole(argv[i + 1], 1, 3600) : std::nullopt;
        if (word == "--certificates" && i + 1 < argc) {
            certificates = argv[++i];
        } else if (seconds) {
            stall = *seconds;
            ++i;
        } else {
            std::fputs("tmplbuild-download [--certificates FILE] [--stall SECONDS]\n", stderr);
            return 2;
        }
    }
    std::signal(SIGPIPE, SIG_IGN);
    settings.transfer = transfer_settings(certificates);
    settings.transfer.patience.stall = std::chrono::seconds(stall);
    return download::run_worker(settings, 0, 1);
}
