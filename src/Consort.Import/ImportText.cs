using System.Globalization;
using System.Text;

namespace Consort.Import;

/// <summary>The experiment file that comes of an import.</summary>
internal sealed class ImportText(
    string title, string id, IReadOnlyList<ImportNote> notes, DataImport data,
    List<(string Key, string Value)> embedding, ModelImport model, List<(string Key, string Value)> training)
{
    private readonly StringBuilder _text = new();

    /// <summary>The file.</summary>
    /// <param name="schema">The name of the schema file beside it, or null.</param>
    public string Whole(string? schema)
    {
        _text.Clear();
        Line(title);
        foreach (var remark in Remarks())
            Line($"# {remark}");
        Line($"name: {YamlText.Of(id)}");
        if (data.Gap is null)
            Section("data", [("schema", YamlText.Of(schema!)), .. data.Keys]);
        else
            ToFillIn(schema);
        Rest();
        return _text.ToString();
    }

    /// <summary>The file with data that are encoded somewhere, to try the rest of it.</summary>
    public string WithoutData()
    {
        _text.Clear();
        Line($"name: {YamlText.Of(id)}");
        Section("data", [("encoded", "unknown")]);
        Rest();
        return _text.ToString();
    }

    /// <summary>A text that stays in its line.</summary>
    public static string Comment(string text) =>
        string.Create(text.Length, text, (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
                to[i] = char.IsControl(from[i]) || from[i] is '\u2028' or '\u2029' ? ' ' : from[i];
        });

    private void ToFillIn(string? schema)
    {
        Line("data:");
        Line($"  # To be filled in: {data.Gap}.");
        Line(schema is null ? "  # schema: clicks.schema.yaml, or criteo, avazu, frappe" : $"  schema: {YamlText.Of(schema)}");
        foreach (var split in new[] { "train", "valid", "test" })
            Line($"  # {split}: {split}.csv");
    }

    private void Rest()
    {
        Section("embedding", embedding);
        if (data.Embeddings.Count > 0)
            Line("  fields:");
        foreach (var (field, value) in data.Embeddings)
            Line($"    {YamlText.Of(field)}: {value}");
        Line("members:");
        foreach (var member in model.Members)
            for (var i = 0; i < member.Count; i++)
                Line($"  {(i == 0 ? "-" : " ")} {member[i].Key}: {member[i].Value}");
        if (model.Strategy is { } strategy)
            Line($"strategy: {strategy}");
        Section("training", training);
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

    private void Section(string name, IEnumerable<(string Key, string Value)> keys)
    {
        Line($"{name}:");
        foreach (var (key, value) in keys)
            Line(string.Create(CultureInfo.InvariantCulture, $"  {key}: {value}"));
    }

    private void Line(string line) => _text.Append(Comment(line)).Append('\n');
}
