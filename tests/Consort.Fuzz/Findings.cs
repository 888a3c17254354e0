using System.IO.Hashing;

namespace Consort.Fuzz;

/// <summary>What was found: an input a kind of failure, with what happened and how to try it again.</summary>
internal sealed class Findings(string folder, string target)
{
    private const int MostOfAKind = 3;
    private readonly Dictionary<string, int> _kinds = [];
    private readonly string _folder = Path.Combine(folder, target);

    public int Count { get; private set; }

    /// <summary>Writes a finding, unless some of its kind were written before.</summary>
    public void Add(byte[] input, string kind, string details)
    {
        Count++;
        var known = _kinds[kind] = _kinds.GetValueOrDefault(kind) + 1;
        if (known > MostOfAKind)
            return;
        var file = Write(input, details);
        Console.WriteLine($"finding: {target}: {details.Split('\n')[0]}\n  again: tests/fuzz --target {target} --file {file}");
    }

    /// <summary>Writes the input beside what happened.</summary>
    public string Write(byte[] input, string details)
    {
        Directory.CreateDirectory(_folder);
        var file = Path.Combine(_folder, Convert.ToHexStringLower(XxHash3.Hash(input)));
        File.WriteAllBytes(file, input);
        File.WriteAllText(file + ".txt", $"{details}\n\nagain: tests/fuzz --target {target} --file {file}\n");
        return file;
    }
}
