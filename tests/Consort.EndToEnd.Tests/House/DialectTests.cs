using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Consort.EndToEnd.Tests.House;

/// <summary>How C# is written here, beyond what the format check holds: the width of lines, braces, arrows.</summary>
public sealed class DialectTests
{
    private const int Width = 140;

    [Fact]
    public void Lines_OfCode_AreNoWiderThanAllowed()
    {
        var wide = string.Join('\n', Code().SelectMany(file => WideLines(file.Tree).Select(line => $"{file.Name}:{line}")));
        Assert.True(wide.Length == 0, wide);
    }

    [Fact]
    public void Braces_AroundOneStatementOnOneLine_AreLeftOut()
    {
        var needless = Code().SelectMany(file => NeedlessBraces(file.Tree).Select(line => $"{file.Name}:{line}"));
        Assert.Empty(needless);
    }

    [Fact]
    public void Arrows_OfMembers_BeginNoLine()
    {
        var wrong = Code().SelectMany(file => file.Tree.GetRoot().DescendantNodes().OfType<ArrowExpressionClauseSyntax>()
            .Where(arrow => LineOf(file.Tree, arrow.ArrowToken.SpanStart) != LineOf(file.Tree,
                arrow.ArrowToken.GetPreviousToken().Span.End - 1))
            .Select(arrow => $"{file.Name}:{LineOf(file.Tree, arrow.SpanStart)}"));
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("if (a)\n{\n    b();\n}\n", 1)]
    [InlineData("if (a)\n    b();\n", 0)]
    [InlineData("if (a)\n{\n    b(\n        1);\n}\n", 0)]
    [InlineData("if (a)\n{\n    b();\n}\nelse\n{\n    b();\n    b();\n}\n", 0)]
    [InlineData("foreach (var x in y)\n{\n    if (x)\n        b();\n}\n", 0)]
    [InlineData("while (a)\n{\n    b(); \n}\n", 1)]
    public void NeedlessBraces_OfAStatement_AreFound(string statement, int found)
    {
        var tree = CSharpSyntaxTree.ParseText($"class C {{ void M() {{\n{statement}}} }}");
        Assert.Equal(found, NeedlessBraces(tree).Count());
    }

    [Fact]
    public void WideLines_OfATextThatCannotBeBroken_AreNotCounted()
    {
        var words = new string('x', Width);
        Assert.Empty(WideLines(CSharpSyntaxTree.ParseText($"class C {{ string S =\n    \"{words}\"; }}")));
        Assert.Single(WideLines(CSharpSyntaxTree.ParseText($"class C {{ int {words} = 1; }}")));
    }

    private static IEnumerable<(string Name, SyntaxTree Tree)> Code() => Repository.Sources()
        .Select(name => (name, CSharpSyntaxTree.ParseText(File.ReadAllText(Repository.At(name)),
            new CSharpParseOptions(LanguageVersion.Preview))));

    // Text is not broken: a line that is too wide with its texts must be short without them.
    private static IEnumerable<int> WideLines(SyntaxTree tree)
    {
        var texts = tree.GetRoot().DescendantNodes()
            .Where(n => n is InterpolatedStringExpressionSyntax or LiteralExpressionSyntax { RawKind: (int)SyntaxKind.StringLiteralExpression })
            .Where(n => !n.Ancestors().Any(a => a is InterpolatedStringExpressionSyntax))
            .ToLookup(n => LineOf(tree, n.SpanStart), n => n.Span.Length);
        var raw = tree.GetRoot().DescendantNodes().Where(n => n is InterpolatedStringExpressionSyntax or LiteralExpressionSyntax)
            .SelectMany(n => Enumerable.Range(LineOf(tree, n.SpanStart), LineOf(tree, n.Span.End) - LineOf(tree, n.SpanStart))).ToHashSet();
        return tree.GetText().Lines.Where(l => l.Span.Length > Width).Select(l => (Number: l.LineNumber + 1, l.Span.Length))
            .Where(l => !raw.Contains(l.Number) && !raw.Contains(l.Number - 1)
                && l.Length - texts[l.Number].Sum() > Width / 2)
            .Select(l => l.Number);
    }

    private static IEnumerable<int> NeedlessBraces(SyntaxTree tree)
    {
        foreach (var node in tree.GetRoot().DescendantNodes())
        {
            if (node is IfStatementSyntax { Parent: not ElseClauseSyntax } first)
            {
                var bodies = Bodies(first).ToArray();
                if (bodies.All(b => IsShort(tree, b.Head, b.Body)) && bodies.Any(b => b.Body is BlockSyntax))
                    yield return LineOf(tree, first.SpanStart);
            }
            else if (Body(node) is (var head, BlockSyntax block) && IsShort(tree, head, block))
            {
                yield return LineOf(tree, node.SpanStart);
            }
        }
    }

    private static (TextRange Head, StatementSyntax Body)? Body(SyntaxNode node) => node switch
    {
        ForStatementSyntax f => (new(f.ForKeyword, f.CloseParenToken), f.Statement),
        CommonForEachStatementSyntax f => (new(f.ForEachKeyword, f.CloseParenToken), f.Statement),
        WhileStatementSyntax w => (new(w.WhileKeyword, w.CloseParenToken), w.Statement),
        UsingStatementSyntax u => (new(u.UsingKeyword, u.CloseParenToken), u.Statement),
        LockStatementSyntax l => (new(l.LockKeyword, l.CloseParenToken), l.Statement),
        _ => null,
    };

    private static IEnumerable<(TextRange Head, StatementSyntax Body)> Bodies(IfStatementSyntax? statement)
    {
        for (; statement is not null; statement = statement.Else?.Statement as IfStatementSyntax)
        {
            yield return (new(statement.IfKeyword, statement.CloseParenToken), statement.Statement);
            if (statement.Else is { Statement: not IfStatementSyntax } last)
                yield return (new(last.ElseKeyword, last.ElseKeyword), last.Statement);
        }
    }

    // Head and body on a line each, and nothing in the braces that needs them: no comment, no declaration, no statement with a body of its
    // own.
    private static bool IsShort(SyntaxTree tree, TextRange head, StatementSyntax body)
    {
        if (LineOf(tree, head.From.SpanStart) != LineOf(tree, head.To.SpanStart))
            return false;
        if (body is BlockSyntax block)
        {
            if (block.Statements.Count != 1
                || block.DescendantTrivia().Any(t => t.IsDirective || t.ToString().StartsWith("//", StringComparison.Ordinal)))
                return false;
            body = block.Statements[0];
        }

        return LineOf(tree, body.SpanStart) == LineOf(tree, body.Span.End)
            && body is ExpressionStatementSyntax or ReturnStatementSyntax or ThrowStatementSyntax or BreakStatementSyntax or ContinueStatementSyntax or YieldStatementSyntax;
    }

    private static int LineOf(SyntaxTree tree, int position) => tree.GetText().Lines.GetLineFromPosition(position).LineNumber + 1;

    private readonly record struct TextRange(SyntaxToken From, SyntaxToken To);
}
