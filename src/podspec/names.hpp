// SPDX-License-Identifier: Apache-2.0
// The words of pod.json for enumerations and resource limits, in one place for everything that writes, reads or checks
// them: this room, the template and the launcher. A word that is not in a list is an error, never a default.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "podspec/pod_spec.hpp"

namespace tmplbuild::pod {

template <class Value>
struct Named {
    Value value;
    const char* word;
};

// Every value of an enumeration with its word. Each enumeration of a service and of a kernel has a list. A second word
// for a value is an older spelling: it is read, but neither written nor suggested.
template <class Value>
inline constexpr std::array<Named<Value>, 0> words{};
template <>
inline constexpr auto words<Restart::Policy> = std::to_array<Named<Restart::Policy>>({
    {Restart::Policy::always, "always"},
    {Restart::Policy::on_failure, "on-failure"},
    {Restart::Policy::never, "never"},
});
template <>
inline constexpr auto words<OnKernelReady> = std::to_array<Named<OnKernelReady>>({
    {OnKernelReady::notify, "notify"},
    {OnKernelReady::restart, "restart"},
    {OnKernelReady::restart_when_idle, "restart-when-idle"},
});
template <>
inline constexpr auto words<OriginUse> = std::to_array<Named<OriginUse>>({
    {OriginUse::keep, "keep"},
    {OriginUse::rewrite, "rewrite"},
});
template <>
inline constexpr auto words<StopSignal> = std::to_array<Named<StopSignal>>({
    {StopSignal::term, "TERM"},
    {StopSignal::interrupt, "INT"},
    {StopSignal::quit, "QUIT"},
    {StopSignal::hangup, "HUP"},
    {StopSignal::user1, "USR1"},
    {StopSignal::user2, "USR2"},
    {StopSignal::kill, "KILL"},
    {StopSignal::window_change, "WINCH"},
});
template <>
inline constexpr auto words<InstallMode> = std::to_array<Named<InstallMode>>({
    {InstallMode::background, "background"},
    {InstallMode::required, "true"},
    {InstallMode::prebuilt, "prebuilt"},
    {InstallMode::off, "off"},
    {InstallMode::off, "false"},
});

template <class Value>
requires std::is_enum_v<Value>
constexpr const char* to_string(Value value) {
    static_assert(!words<Value>.empty(), "this enumeration has no list of words");
    for (const auto& entry : words<Value>)
        if (entry.value == value) return entry.word;
    return words<Value>.front().word;
}

template <class Value>
constexpr std::optional<Value> parse_word(std::string_view word) {
    static_assert(!words<Value>.empty(), "this enumeration has no list of words");
    for (const auto& entry : words<Value>)
        if (word == entry.word) return entry.value;
    return std::nullopt;
}

template <class Value>
std::vector<std::string> word_list() {
    std::vector<std::string> out;
    for (const auto& entry : words<Value>)
        if (std::string_view(to_string(entry.value)) == entry.word) out.emplace_back(entry.word);
    return out;
}

std::optional<int> resource_number(std::string_view name);  // the constant of setrlimit(2)
std::vector<std::string> resource_names();

}  // namespace tmplbuild::pod
