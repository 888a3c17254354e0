using System.Globalization;

namespace Consort.Import;

/// <summary>What became of a key that was not simply carried over.</summary>
public enum ImportLoss
{
    /// <summary>It changes results and has no counterpart: the experiment differs from the one in FuxiCTR.</summary>
    Lost,

    /// <summary>It is said in another way, which may differ in details.</summary>
    Changed,

    /// <summary>It says how FuxiCTR works, not what comes out: files, processes, devices, printing.</summary>
    Unneeded,
}

/// <summary>A key that was not simply carried over, and why.</summary>
/// <param name="Loss">What became of it.</param>
/// <param name="Where">The file and line.</param>
/// <param name="Key">The key, below its section: <c>feature_cols user encoder</c>.</param>
/// <param name="Value">Its value.</param>
/// <param name="Reason">Why.</param>
public sealed record ImportNote(ImportLoss Loss, string Where, string Key, string Value, string Reason);

/// <summary>Collects notes.</summary>
internal sealed class ImportNotes
{
    private readonly List<ImportNote> _notes = [];

    /// <summary>All of them.</summary>
    public IReadOnlyList<ImportNote> All => _notes;

    /// <summary>A key that has no counterpart.</summary>
    public void Lost(ConfigValue value, string reason, string? key = null) => Add(ImportLoss.Lost, value, reason, key);

    /// <summary>A key that is said in another way.</summary>
    public void Changed(ConfigValue value, string reason, string? key = null) => Add(ImportLoss.Changed, value, reason, key);

    /// <summary>A key that results do not depend on.</summary>
    public void Unneeded(ConfigValue value, string reason, string? key = null) => Add(ImportLoss.Unneeded, value, reason, key);

    /// <summary>A key that stands twice.</summary>
    public void Repeated(string source, RepeatedKey key)
    {
        var note = new ImportNote(
            ImportLoss.Changed, string.Create(CultureInfo.InvariantCulture, $"{source}:{key.Line}"), key.Key, "stands twice",
            string.Create(CultureInfo.InvariantCulture, $"the last one holds, as in FuxiCTR, not that of line {key.First}"));
        if (!_notes.Contains(note))
            _notes.Add(note);
    }

    private void Add(ImportLoss loss, ConfigValue value, string reason, string? key)
    {
        var note = new ImportNote(loss, value.Where, key ?? value.Key, value.Shown, reason);
        if (!_notes.Contains(note))
            _notes.Add(note);
    }
}
