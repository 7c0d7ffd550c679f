# later
export_sql <- function(plan, options) stop("later")
