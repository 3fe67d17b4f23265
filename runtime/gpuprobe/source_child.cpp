// SPDX-License-Identifier: Apache-2.0
#include "gpuprobe/source_child.hpp"

#include <unistd.h>

namespace tmplbuild::gpu {

ChildAnswer ask_source(const std::function<std::string()>& answer, std::chrono::milliseconds pause) {
    return ask_child(
        [&](int fd) {
            const std::string text = answer();
            for (std::string_view rest = text; !rest.empty();) {
                const ssize_t put = ::write(fd, rest.data(), rest.size());
                if (put <= 0) ::_exit(1);
                rest.remove_prefix(static_cast<std::size_t>(put));
            }
        },
        pause, answer_limit);
}

ChildAnswer ask_nvidia_smi(SmiQuestion question, std::chrono::milliseconds pause) {
    return ask_child(
        [question](int fd) {
            ::dup2(fd, 1);
            ::dup2(fd, 2);
            become_nvidia_smi(question);
            ::_exit(127);
        },
        pause, answer_limit);
}

std::optional<BadEnd> no_answer(const std::string& source, const ChildAnswer& child, std::chrono::milliseconds pause) {
    if (child.kind == ChildAnswer::Kind::hangs)
        return BadEnd{ProbeState::hangs,
                      source + " did not answer within " + std::to_string(pause.count() / 1000) + " s"};
    if (child.kind == ChildAnswer::Kind::crashed)
        return BadEnd{ProbeState::crashed,
                      source + " ended the process that asked it, with signal " + std::to_string(child.code)};
    return std::nullopt;
}

std::optional<BadEnd> bad_end(const std::string& source, const ChildAnswer& child, std::chrono::milliseconds pause) {
    if (auto none = no_answer(source, child, pause)) return none;
    if (child.code != 0)
        return BadEnd{ProbeState::crashed,
                      source + " ended the process that asked it, with exit code " + std::to_string(child.code)};
    return std::nullopt;
}

}  // namespace tmplbuild::gpu
