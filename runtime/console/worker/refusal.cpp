// SPDX-License-Identifier: Apache-2.0
#include "console/worker/refusal.hpp"

#include <cerrno>
#include <stdexcept>

namespace tmplbuild::console {

void throw_exception_from_error(const Refusal& refusal, const boost::source_location&) {
    throw std::runtime_error(refusal.message);
}

static unsigned status_of_errno(int code) {
    switch (code) {
        case ENOENT:
            return 404;
        case EACCES:
        case EPERM:
        case EROFS:
        case EXDEV:  // openat2: the path leads out of its root
            return 403;
        case EEXIST:
        case ENOTEMPTY:
        case ENOTDIR:
        case EISDIR:
        case EBUSY:
        case ETXTBSY:
            return 409;
        case ENAMETOOLONG:
        case EINVAL:
        case ELOOP:
        case EILSEQ:
            return 400;
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
            return 507;
        default:
            return 500;
    }
}

Refusal refusal_of(const Error& error) {
    Refusal out{500, error.message, error.hint};
    if (error.os_code != 0)
        out.status = status_of_errno(error.os_code);
    else if (error.kind == ErrorKind::usage)
        out.status = 400;
    if (out.status == 507 && out.hint.empty())
        out.hint = "delete something, empty the trash, or make the volume larger, then try again";
    return out;
}

}  // namespace tmplbuild::console
