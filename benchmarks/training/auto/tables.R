# Writes tables of R's packages (Debian: r-cran-mlbench, r-cran-kernlab, r-cran-ggplot2) as CSV: Rscript tables.R FOLDER
suppressMessages({ library(mlbench); library(kernlab); library(ggplot2) })
folder <- file.path(commandArgs(trailingOnly = TRUE)[1], "tables")
dir.create(folder, recursive = TRUE, showWarnings = FALSE)
save_table <- function(name, table) write.csv(table, file.path(folder, paste0(name, ".csv")), row.names = FALSE, na = "")

of_mlbench <- c(
  letters = "LetterRecognition", pima = "PimaIndiansDiabetes2", boston = "BostonHousing", vehicle = "Vehicle", satellite = "Satellite",
  sonar = "Sonar", soybean = "Soybean", dna = "DNA", ozone = "Ozone"
)
for (name in names(of_mlbench)) {
  data(list = of_mlbench[[name]], package = "mlbench")
  save_table(name, get(of_mlbench[[name]]))
}
for (name in c("spam", "income", "ticdata")) {
  data(list = name, package = "kernlab")
  save_table(name, get(name))
}
set.seed(1)
all_diamonds <- as.data.frame(diamonds)
save_table("diamonds", all_diamonds[sample(nrow(all_diamonds), 20000), ])
