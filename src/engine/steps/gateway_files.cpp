// SPDX-License-Identifier: Apache-2.0
#include "engine/steps/gateway_files.hpp"

#include <unistd.h>

#include "gateway/nginx_config.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

namespace {

// Nothing listens on this machine, and nothing is written outside of `folder`.
Result<void> try_configuration(const pod::PodSpec& pod, const std::filesystem::path& bundle,
                               const std::filesystem::path& folder, StepContext& context) {
    const std::filesystem::path file = folder / "nginx.conf";
    if (auto written = sys::write_file_atomic(file, gateway::nginx_config(pod, gateway::Addresses::sockets)); !written)
        return written.error();
    io::Command command;
    command.argv = {bundle / "ld-linux-x86-64.so.2",
                    "--inhibit-cache",
                    "--library-path",
                    bundle,
                    bundle / "nginx",
                    "-t",
                    "-q",
                    "-e",
                    "stderr",
                    "-p",
                    "./",
                    "-c",
                    file};
    // As root it looks up the names of a user and a group, whose usual ones not every machine has.
    if (::geteuid() == 0) command.argv.insert(command.argv.end(), {"-g", "user root root;"});
    command.environment = {{"OPENSSL_CONF", "/dev/null"}};
    command.inherit_environment = false;
    command.directory = folder;
    command.timeout = std::chrono::seconds(60);
    if (auto ran =
            context.processes.run_checked(command, context.stop, "nginx, which tries the gateway's configuration");
        !ran)
        return ran.error();
    return {};
}

}  // namespace

Result<void> add_gateway_files(EntrySet& set, const pod::PodSpec& pod, const std::filesystem::path& bundle,
                               StepContext& context) {
    if (pod.console_port == 0) return {};
    const auto folder = context.store.new_temp_directory("gateway");
    if (!folder) return folder.error();
    if (auto good = try_configuration(pod, bundle, folder->path(), context); !good) return good.error();
    const std::string where = "opt/tmplbuild/gateway/";
    using Named = std::pair<const char*, gateway::Addresses>;
    for (const auto& [name, addresses] :
         {Named{"nginx.conf", gateway::Addresses::ipv4_and_ipv6}, Named{"nginx-ipv4.conf", gateway::Addresses::ipv4}})
        if (auto added = set.add({.path = where + name}, gateway::nginx_config(pod, addresses), "the gateway"); !added)
            return added.error();
    return {};
}

}  // namespace tmplbuild
