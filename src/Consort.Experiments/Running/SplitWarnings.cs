using System.Globalization;
using Consort.Data.Datasets;

namespace Consort.Experiments.Running;

/// <summary>What splits of one class will make of a run's results.</summary>
internal static class SplitWarnings
{
    /// <summary>The sentences, none as a rule.</summary>
    public static IEnumerable<string> Of(EncodedDataset dataset)
    {
        if (OneClass(dataset.Train) is { } train)
            yield return $"the {train}, so there is nothing to learn from them; check the label's values in the schema";
        foreach (var split in new[] { dataset.Valid, dataset.Test })
            if (split is not null && OneClass(split) is { } what)
                yield return $"the {what}, so their AUC{(split.Clicks == 0 ? " and their ratio of predicted to observed clicks are" : " is")} not defined; name other rows where these matter";
    }

    private static string? OneClass(EncodedSplit split)
    {
        var name = split.Name switch
        {
            "train" => "training",
            "valid" => "validation",
            _ => split.Name,
        };
        return split.Clicks == 0 ? string.Create(CultureInfo.InvariantCulture, $"{name} rows ({split.Rows:N0}) hold no clicks")
            : split.Clicks == split.Rows ? string.Create(CultureInfo.InvariantCulture,
                $"{name} rows ({split.Rows:N0}) hold nothing but clicks")
            : null;
    }
}
