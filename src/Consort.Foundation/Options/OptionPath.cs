namespace Consort.Foundation.Options;

/// <summary>Paths of an <see cref="OptionTree"/> as steps: a key each, or an item of a list in brackets.</summary>
public static class OptionPath
{
    /// <summary><c>phases[first].epochs</c> → <c>phases</c>, <c>[first]</c>, <c>epochs</c>.</summary>
    /// <exception cref="ArgumentException">A bracket or a quote is not closed, or there is no step.</exception>
    public static string[] Split(string path)
    {
        var steps = new List<string>();
        for (var at = 0; at < path.Length;)
        {
            if (path[at] == '.')
                at++;
            var end = at == path.Length ? 0 : path[at] switch
            {
                '[' => path.IndexOf(']', at) + 1,
                '"' => path.IndexOf('"', at + 1) + 1,
                _ => path.IndexOfAny(['.', '['], at) is >= 0 and var next ? next : path.Length,
            };
            if (end <= at)
                throw new ArgumentException($"found {path}, expected a path such as members[0].dropout", nameof(path));
            steps.Add(path[at..end].Trim('"'));
            at = end;
        }

        return steps.Count > 0 ? [.. steps] : throw new ArgumentException("found an empty path", nameof(path));
    }

    /// <summary>The path of some steps.</summary>
    public static string Join(params ReadOnlySpan<string> steps)
    {
        var path = "";
        foreach (var step in steps)
            path += step.StartsWith('[') ? step : $"{(path.Length > 0 ? "." : "")}{(step.AsSpan().ContainsAny('.', '[') ? $"\"{step}\"" : step)}";
        return path;
    }
}

/// <summary>A value that differs between two trees.</summary>
/// <param name="Steps">Where.</param>
/// <param name="Before">What it was, or null.</param>
/// <param name="Now">What it is, or null.</param>
public sealed record OptionDifference(string[] Steps, OptionTree? Before, OptionTree? Now)
{
    /// <summary>Where, as one text.</summary>
    public string Path => OptionPath.Join(Steps);
}
