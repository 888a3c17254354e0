namespace Consort.Foundation.Options;

/// <summary>Finds the word somebody probably meant.</summary>
public static class NearestWord
{
    /// <summary>The end of a message about an unknown word: <c>; did you mean train?</c>, or nothing where no word is near.</summary>
    public static string Hint(string word, IEnumerable<string> candidates) =>
        Find(word, candidates) is { } near ? $"; did you mean {near}?" : "";

    /// <summary>The candidate with the smallest edit distance, or null when none is close (over a third of the word plus one).</summary>
    /// <param name="word">What was found.</param>
    /// <param name="candidates">What would have been right.</param>
    public static string? Find(string word, IEnumerable<string> candidates)
    {
        string? best = null;
        var bestDistance = word.Length / 3 + 2;
        foreach (var candidate in candidates)
        {
            var distance = Distance(word, candidate);
            if (distance >= bestDistance) continue;
            best = candidate;
            bestDistance = distance;
        }
        return best;
    }

    /// <summary>The candidates with the smallest edit distances, nearest first, however far they are.</summary>
    /// <param name="word">What was found.</param>
    /// <param name="candidates">What would have been right.</param>
    /// <param name="count">The most of them.</param>
    public static IReadOnlyList<string> Nearest(string word, IEnumerable<string> candidates, int count) =>
        [.. candidates.OrderBy(c => Distance(word, c)).ThenBy(c => c, StringComparer.Ordinal).Take(count)];

    /// <summary>Optimal string alignment: insertions, deletions, replacements and swaps of neighbours each cost 1.</summary>
    internal static int Distance(string a, string b)
    {
        var width = b.Length + 1;
        var table = new int[(a.Length + 1) * width];
        for (var i = 0; i <= a.Length; i++) table[i * width] = i;
        for (var j = 0; j <= b.Length; j++) table[j] = j;
        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var replace = table[(i - 1) * width + j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                var best = Math.Min(replace, Math.Min(table[(i - 1) * width + j], table[i * width + j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    best = Math.Min(best, table[(i - 2) * width + j - 2] + 1);
                table[i * width + j] = best;
            }
        }
        return table[table.Length - 1];
    }
}
