// SPDX-License-Identifier: Apache-2.0
#include "engine/pod/pod_network.hpp"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/text.hpp"
#include "sys/file.hpp"

namespace tmplbuild {

namespace fs = std::filesystem;

namespace {

const char* const program = "slirp4netns";
const char* const device = "tap0";
// slirp4netns(1), "DEFAULT NETWORK": this address asks the machine's resolver.
const char* const own_resolver = "10.0.2.3";

// Runs `work` on a thread of its own, since namespaces belong to threads.
template <class Work>
void aside(const Work& work) {
    std::thread(work).join();
}

Result<sys::Fd> new_namespace() {
    Result<sys::Fd> out = sys::Fd();
    aside([&] {
        if (::unshare(CLONE_NEWNET) != 0) {
            out =
                machine_error(std::string("this machine lets root make no network namespace: ") + std::strerror(errno),
                              "`run --network host` shares this machine's network");
            return;
        }
        ifreq loopback{};
        std::strcpy(loopback.ifr_name, "lo");
        loopback.ifr_flags = IFF_UP | IFF_RUNNING;
        const sys::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        if (!socket || ::ioctl(socket.get(), SIOCSIFFLAGS, &loopback) != 0)
            out = os_error("start", "the pod's loopback", errno);
        else
            out = sys::open_fd("/proc/thread-self/ns/net", O_RDONLY);
    });
    return out;
}

// The pod's resolv.conf(5): slirp4netns as the server, and this machine's search domains and options.
std::string resolver_text() {
    std::string out = std::string("nameserver ") + own_resolver + "\n";
    if (const auto host = sys::read_file("/etc/resolv.conf", 1 << 16))
        for (const std::string& line : split(*host, '\n'))
            if (line.starts_with("search ") || line.starts_with("options ") || line.starts_with("domain "))
                out += line + "\n";
    return out;
}

// Whether the namespace of the calling thread has a default route (the kernel's fib_trie.c: /proc/net/route).
bool has_way_out() {
    const auto routes = sys::read_file("/proc/thread-self/net/route", 1 << 16);
    return routes && routes->find(std::string("\n") + device + "\t00000000\t") != std::string::npos;
}

}  // namespace

bool PodNetwork::is_possible() { return io::find_program(program).has_value(); }

fs::path PodNetwork::path() const {
    return "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(network_.get());
}

Result<std::unique_ptr<PodNetwork>> PodNetwork::make(const fs::path& folder, io::ProcessRunner& processes) {
    std::unique_ptr<PodNetwork> out(new PodNetwork);
    auto made = new_namespace();
    if (!made) return made.error();
    out->network_ = std::move(*made);
    out->resolver_ = folder / "resolv.conf";
    if (auto written = sys::write_file_atomic(out->resolver_, resolver_text()); !written) return written.error();
    if (auto led = out->lead_out(processes); !led) return led.error();
    return out;
}

Result<void> PodNetwork::lead_out(io::ProcessRunner& processes) {
    auto ended = std::make_shared<std::atomic<bool>>(false);
    auto words = std::make_shared<std::string>();
    // The pod cannot reach this machine's own loopback.
    const io::Command command{.argv = {program, "--configure", "--mtu=65520", "--disable-host-loopback",
                                       "--enable-sandbox", "--enable-seccomp", "--netns-type=path", path().string(),
                                       device}};
    way_out_ = std::thread([command, &processes, stop = stop_.get_token(), ended, words] {
        const auto result = processes.run(command, stop);
        *words = result ? result->tail_text() : result.error().to_string();
        *ended = true;
    });
    bool led = false;
    aside([&] {
        if (::setns(network_.get(), CLONE_NEWNET) != 0) return;
        for (int i = 0; i < 1000 && !led && !*ended; ++i) {
            led = has_way_out();
            if (!led) std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
    });
    if (led) return {};
    Error error = machine_error(std::string(program) + " gave the pod no way out of its network",
                                "`run --network host` shares this machine's network");
    if (*ended) error.detail = *words;
    return error;
}

PodNetwork::~PodNetwork() {
    stop_.request_stop();
    if (way_out_.joinable()) way_out_.join();
}

}  // namespace tmplbuild
