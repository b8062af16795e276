# Reference numbers for tests/test_models_survival.py, computed with R's survival, cmprsk and MASS.
#     Rscript tests/golden/make_survival.R tests/golden
# writes survival_cases.csv (simulated here, times rounded so that some are tied) and survival_reference.csv.
suppressMessages({library(survival); library(cmprsk); library(MASS)})
folder <- commandArgs(trailingOnly = TRUE)[1]
set.seed(20)
n <- 160
x1 <- round(rnorm(n), 3); x2 <- round(runif(n), 3); x3 <- rbinom(n, 1, 0.4); site <- rbinom(n, 1, 0.5)
t1 <- rexp(n, 0.05 * exp(0.8 * x1 - 0.5 * x3 + 0.4 * site)); t2 <- rexp(n, 0.03 * exp(0.7 * x2)); cens <- runif(n, 2, 40)
time <- pmax(ceiling(pmin(t1, t2, cens) * 2) / 2, 0.5)
code <- ifelse(cens < pmin(t1, t2), 0, ifelse(t1 < t2, 1, 2))
entry <- ifelse(runif(n) < 0.5, 0, round(time * runif(n, 0, 0.6), 2))
grade <- as.integer(cut(0.9 * x1 - 0.6 * x2 + rlogis(n), c(-Inf, -1, 0.3, 1.5, Inf)))
cases <- data.frame(x1, x2, x3, site, time, code, entry, grade)
write.csv(cases, file.path(folder, "survival_cases.csv"), row.names = FALSE)

out <- list()
add <- function(what, names, values, source, tolerance = 1e-6) {
  out[[length(out) + 1]] <<- data.frame(what, name = names, value = signif(values, 12), tolerance, source)
}
version <- function(p) paste("R", p, packageVersion(p))
terms <- c("x1", "x2", "x3")
fit <- coxph(Surv(time, code == 1) ~ x1 + x2 + x3, cases, control = coxph.control(eps = 1e-11, toler.chol = 1e-13))
add("cox", terms, coef(fit), version("survival")); add("cox_se", terms, sqrt(diag(vcov(fit))), version("survival"))
add("cox_loglik", "full", fit$loglik[2], version("survival"))
fit <- coxph(Surv(entry, time, code == 1) ~ x1 + x2 + x3, cases, control = coxph.control(eps = 1e-11, toler.chol = 1e-13))
add("cox_entry", terms, coef(fit), version("survival"))
fit <- coxph(Surv(time, code == 1) ~ x1 + x2 + x3 + strata(site), cases, control = coxph.control(eps = 1e-11, toler.chol = 1e-13))
add("cox_strata", terms, coef(fit), version("survival"))
rank_test <- coxph(Surv(time, code == 1) ~ rank(x1), cases, ties = "breslow")
add("score_test", "x1", rank_test$score, version("survival"))
horizons <- c(5, 10, 20)
incidence <- timepoints(cuminc(cases$time, cases$code), horizons)$est
add("aalen_johansen_1", horizons, incidence[1, ], version("cmprsk"))
add("aalen_johansen_2", horizons, incidence[2, ], version("cmprsk"))
covariates <- as.matrix(cases[, terms])
untied <- cases$time + seq_len(n) * 1e-4  # crr breaks ties as Breslow does, finegray with coxph as Efron does
fit <- crr(untied, cases$code, covariates, failcode = 1, cencode = 0, gtol = 1e-10)
add("fine_gray_untied", terms, fit$coef, version("cmprsk"))
curve <- predict(fit, matrix(c(0.5, 0.2, 1), 1))
at <- sapply(horizons, function(h) curve[max(which(curve[, 1] <= h)), 2])
add("fine_gray_untied_incidence", horizons, at, version("cmprsk"))
weighted <- finegray(Surv(time, factor(code)) ~ ., cases[, c(terms, "time", "code")], etype = "1")
fit <- coxph(Surv(fgstart, fgstop, fgstatus) ~ x1 + x2 + x3, weighted, weights = fgwt)
add("fine_gray", terms, coef(fit), version("survival"))
cause2 <- coxph(Surv(time, code == 2) ~ x1 + x2 + x3, cases)
add("cause_specific_2", terms, coef(cause2), version("survival"))
for (d in c("weibull", "lognormal")) {
  fit <- survreg(Surv(time, code == 1) ~ x1 + x2 + x3, cases, dist = d)
  add(paste0(d, "_aft"), c("intercept", terms, "scale"), c(coef(fit), fit$scale), version("survival"), 1e-3)
}
fit <- polr(factor(grade) ~ x1 + x2 + x3, cases, control = list(reltol = 1e-14))
add("proportional_odds", terms, fit$coefficients, version("MASS"), 1e-4)
add("proportional_odds_threshold", seq_along(fit$zeta), fit$zeta, version("MASS"), 1e-4)
write.csv(do.call(rbind, out), file.path(folder, "survival_reference.csv"), row.names = FALSE)
