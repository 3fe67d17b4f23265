// SPDX-License-Identifier: Apache-2.0
// Why a worker does not do what it was asked, as the HTTP answer to it. Used by everything that works for a client
// whose connection a worker has.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <utility>

#include "base/error.hpp"

namespace tmplbuild::console {

struct Refusal {
    Refusal() = default;
    Refusal(unsigned http_status, std::string why, std::string what_to_do)
        : status(http_status), message(std::move(why)), hint(std::move(what_to_do)) {}

    unsigned status = 500;  // 0: the client has gone, and nobody is there to be answered
    std::string message{}, hint{};
};

template <class T>
using Reply = boost::system::result<T, Refusal>;

// Result<T>::value() on a refusal throws; found by Boost through argument-dependent look-up.
[[noreturn]] void throw_exception_from_error(const Refusal& refusal, const boost::source_location&);

// By the error of the system call, where one failed: 404 for what is not there, 507 for a full disk, and the like.
Refusal refusal_of(const Error& error);

}  // namespace tmplbuild::console
