using Consort.Foundation.Options;

namespace Consort.Import;

/// <summary>The experiment file that comes of an import.</summary>
internal sealed class ImportText(
    string title, string id, IReadOnlyList<ImportNote> notes, DataImport data, OptionTree embedding, ModelImport model, OptionTree training)
{
    /// <summary>The file.</summary>
    /// <param name="schema">The name of the schema file beside it, or null.</param>
    public string Whole(string? schema) =>
        string.Concat(Remarks().Select(r => $"# {r}").Prepend(title).Select(l => Comment(l) + "\n")) + (data.Gap is null
        ? Experiment(OptionTree.Keys([("schema", schema!), .. data.Keys])).ToYaml()
        : OptionTree.Keys(("name", id)).ToYaml() + ToFillIn(schema) + Experiment("").Without("name", "data").ToYaml());

    /// <summary>The experiment with data that are encoded somewhere, to try the rest of it.</summary>
    public OptionTree WithoutData() => Experiment(OptionTree.Keys(("encoded", "unknown")));

    /// <summary>A text that stays in its line.</summary>
    public static string Comment(string text) =>
        string.Create(text.Length, text, (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
                to[i] = char.IsControl(from[i]) || from[i] is '\u2028' or '\u2029' ? ' ' : from[i];
        });

    private string ToFillIn(string? schema) => $"""
        data:
          # To be filled in: {Comment(data.Gap!)}.
          {(schema is null ? "# schema: clicks.schema.yaml, or criteo, avazu, frappe" : OptionTree.Keys(("schema", schema)).ToYaml().TrimEnd('\n'))}
          # train: train.csv
          # valid: valid.csv
          # test: test.csv

        """;

    private OptionTree Experiment(OptionTree rows)
    {
        var own = data.Embeddings.Count > 0 ? embedding.With("fields", OptionTree.Keys(data.Embeddings)) : embedding;
        var experiment = OptionTree.Keys(("name", id), ("data", rows), ("embedding", own), ("members", OptionTree.Lines(model.Members)),
            ("training", training));
        return model.Strategy is { } strategy ? experiment.With("strategy", strategy) : experiment;
    }

    private List<string> Remarks()
    {
        var lines = new List<string>();
        foreach (var (loss, heading) in new[] { (ImportLoss.Lost, "Not carried over"), (ImportLoss.Changed, "Said in another way") })
        {
            var some = notes.Where(n => n.Loss == loss).ToArray();
            if (some.Length == 0)
                continue;
            lines.Add($"{heading}:");
            lines.AddRange(some.Select(n => $"  {n.Key}: {n.Value} ({n.Where}): {n.Reason}"));
        }

        foreach (var group in notes.Where(n => n.Loss == ImportLoss.Unneeded).GroupBy(n => n.Reason))
            lines.Add($"Not needed, {group.Key}: {string.Join(", ", group.Select(n => n.Key).Distinct())}");
        return lines;
    }
}
