// SPDX-License-Identifier: Apache-2.0
// A service that prints as fast as it can: numbered lines, several a write, and how long each write took. Used by
// tests/pid1/logs_flood.sh and launcher.sh.
//   bench-flood BYTES LINES-A-WRITE REPORT
// REPORT gets one line: p50, p99.9 and the longest write in milliseconds, seconds in all, lines printed.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

namespace {

double now_ms() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

// A hundred bytes with its newline; the number stands at both ends, so that a torn or mixed line is seen.
void add_line(std::string& block, unsigned long number) {
    char line[128];
    const int size =
        std::snprintf(line, sizeof line, "<%09lu-%.*s-%09lu>\n", number, 77,
                      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", number);
    block.append(line, static_cast<std::size_t>(size));
}

bool write_all(const std::string& block) {
    for (std::size_t done = 0; done < block.size();) {
        const ssize_t wrote = ::write(STDOUT_FILENO, block.data() + done, block.size() - done);
        if (wrote <= 0) return false;
        done += static_cast<std::size_t>(wrote);
    }
    return true;
}

double at(const std::vector<double>& sorted, double part) {
    return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(part * static_cast<double>(sorted.size())))];
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const auto bytes = std::strtoull(argv[1], nullptr, 10);
    const auto lines = std::max(1UL, std::strtoul(argv[2], nullptr, 10));
    std::vector<double> times;
    times.reserve(bytes / (lines * 100) + 1);
    unsigned long number = 0;
    const double begin = now_ms();
    for (unsigned long long left = bytes; left > 0;) {
        std::string block;
        block.reserve(lines * 100);
        for (unsigned long i = 0; i < lines; ++i) add_line(block, ++number);
        const double before = now_ms();
        if (!write_all(block)) return 1;
        times.push_back(now_ms() - before);
        left -= std::min<unsigned long long>(left, block.size());
    }
    const double all = now_ms() - begin;
    if (times.empty()) return 2;
    std::sort(times.begin(), times.end());
    std::FILE* report = std::fopen(argv[3], "w");
    if (report == nullptr) return 1;
    std::fprintf(report, "%.3f %.3f %.3f %.1f %lu\n", at(times, 0.5), at(times, 0.999), times.back(), all / 1e3,
                 number);
    return std::fclose(report) == 0 ? 0 : 1;
}
