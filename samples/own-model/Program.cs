using OwnModel;

var folder = args.Length > 0 ? args[0] : Directory.CreateTempSubdirectory("own-model-").FullName;
Directory.CreateDirectory(folder);
var result = Walk.Run(folder, CancellationToken.None);
Console.WriteLine(FormattableString.Invariant(
    $"test AUC {result.Auc:F4}, the best reachable {result.Ceiling:F4}; the first impression is clicked with {result.Probability:P1}"));
