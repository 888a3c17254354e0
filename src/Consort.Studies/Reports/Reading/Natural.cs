namespace Consort.Studies.Reports.Reading;

/// <summary>Orders names as people do: m2 before m10.</summary>
internal static class Natural
{
    public static IComparer<string> Comparer { get; } = Comparer<string>.Create(Compare);

    private static int Compare(string first, string second)
    {
        int i = 0, j = 0;
        while (i < first.Length && j < second.Length)
        {
            if (char.IsAsciiDigit(first[i]) && char.IsAsciiDigit(second[j]))
            {
                var (a, b) = (Number(first, ref i), Number(second, ref j));
                var order = a.Length != b.Length ? a.Length.CompareTo(b.Length) : string.CompareOrdinal(a, b);
                if (order != 0)
                    return order;
            }
            else if (first[i] != second[j])
            {
                var order = char.ToLowerInvariant(first[i]).CompareTo(char.ToLowerInvariant(second[j]));
                return order != 0 ? order : first[i].CompareTo(second[j]);
            }
            else
            {
                (i, j) = (i + 1, j + 1);
            }
        }

        var rest = (first.Length - i).CompareTo(second.Length - j);
        return rest != 0 ? rest : string.CompareOrdinal(first, second);
    }

    private static string Number(string text, ref int at)
    {
        var start = at;
        while (at < text.Length && char.IsAsciiDigit(text[at]))
            at++;
        return text[start..at].TrimStart('0');
    }
}
