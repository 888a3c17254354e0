using MlNet;

var folder = args.Length > 0 ? args[0] : Directory.CreateTempSubdirectory("ml-net-").FullName;
Directory.CreateDirectory(folder);
var result = Pipeline.Run(folder, CancellationToken.None);
Console.WriteLine(FormattableString.Invariant(
    $"test AUC {result.Auc:F4}; ML.NET measures {result.MeasuredByMlNet:F4} over all rows; an evening offer is clicked with {result.Probability:P1}"));
